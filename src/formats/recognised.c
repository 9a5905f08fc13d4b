/*
 * Formats that are known by sight and not yet examined.  Saying which one a
 * file is beats saying that it is unknown; it is no better than that.
 */
#include "formats/recognised/shapes.h"
#include "syntax/protobuf.h"
#include "types/format.h"

enum kind {
	MODEL,          /* a loader may do with it what nobody here has looked at */
	DATA,           /* rows, arrays or an archive */
	PROGRAM,
	INDEX,          /* names other files, and nothing more */
};

struct sight {
	const char *title;          /* completes "is ..., which is not examined yet" */
	enum kind kind;
	uint8_t at;                 /* of the magic */
	struct bytes magic;
	bool (*looks_like)(struct bytes in);
};

static const struct sight sights[] = {
	{"a CatBoost model", MODEL, 0, BYTES("CBM1"), NULL},
	{"a Core ML model", MODEL, 0, {0}, looks_like_coreml},
	{"a Core ML program", MODEL, 0, {0}, looks_like_coreml_program},
	{"an R data file", MODEL, 0, {0}, looks_like_r_values},
	{"an OpenVINO model", MODEL, 0, {0}, looks_like_openvino},
	{"a PaddlePaddle program", MODEL, 0, {0}, looks_like_paddle_program},
	{"a file of PaddlePaddle weights", MODEL, 0, {0}, looks_like_paddle_weights},
	{"a file of MXNet weights", MODEL, 0, BYTES("\x12\1\0\0\0\0\0\0\0\0\0\0\0\0\0\0"), NULL},
	{"an MXNet network", MODEL, 0, {0}, looks_like_mxnet_symbol},
	{"a Flax checkpoint", MODEL, 0, {0}, looks_like_flax},
	{"a LightGBM data set", DATA, 0, BYTES("______LightGBM_Binary_File_Token______\n"), NULL},
	{"a serialized Java object", MODEL, 0, BYTES("\xac\xed\0\5"), NULL},
	{"a serialized .NET object", MODEL, 0, BYTES("\0\1\0\0\0\xff\xff\xff\xff\1\0\0\0\0\0\0\0"), NULL},
	{"a Torch7 file", MODEL, 0, BYTES("\4\0\0\0\1\0\0\0\3\0\0\0V 1"), NULL},
	{"an NCNN network", MODEL, 0, BYTES("7767517\n"), NULL},
	{"a fastText model", MODEL, 0, BYTES("\xba\x16\x4f\x2f\x0c\0\0\0"), NULL},
	{"a Darknet network", MODEL, 0, {0}, looks_like_darknet},
	{"a TensorFlow.js model", MODEL, 0, {0}, looks_like_tensorflow_js},
	{"a SentencePiece model", MODEL, 0, {0}, looks_like_sentencepiece},
	{"a Caffe network", MODEL, 0, {0}, looks_like_caffe_network},
	{"a file of Caffe weights", MODEL, 0, {0}, looks_like_caffe_weights},
	{"a TensorRT engine", MODEL, 0, BYTES("ftrt"), NULL},
	{"a TensorRT engine", MODEL, 0, BYTES("ptrt"), NULL},
	{"an ONNX Runtime model", MODEL, 4, BYTES("ORTM"), NULL},
	{"an ExecuTorch program", MODEL, 4, BYTES("ET12"), NULL},
	{"a PyTorch Mobile model", MODEL, 4, BYTES("PTMF"), NULL},
	{"an RKNN model", MODEL, 0, BYTES("RKNN\0"), NULL},
	{"a GGML file of one reader alone", MODEL, 0, BYTES("ccgg"), NULL},
	{"a library archive", PROGRAM, 0, BYTES("!<arch>\n"), NULL},
	{"a WebAssembly program", PROGRAM, 0, BYTES("\0asm\1\0\0\0"), NULL},
	{"a compiled Java class", PROGRAM, 0, {0}, looks_like_java_class},
	{"an LLVM bitcode program", PROGRAM, 0, BYTES("BC\xc0\xde"), NULL},
	{"a cabinet archive", DATA, 0, BYTES("MSCF\0\0\0\0"), NULL},
	{"a cpio archive", DATA, 0, BYTES("070701"), NULL},
	{"a disk image of SquashFS", DATA, 0, BYTES("hsqs"), NULL},
	{"a RAR archive", DATA, 0, BYTES("Rar!\x1a\7"), NULL},
	{"an HDF4 file", DATA, 0, BYTES("\x0e\3\x13\1"), NULL},
	{"a NetCDF file", DATA, 0, BYTES("CDF\1"), NULL},
	{"a NetCDF file", DATA, 0, BYTES("CDF\2"), NULL},
	{"a NetCDF file", DATA, 0, BYTES("CDF\5"), NULL},
	{"a Parquet table", DATA, 0, {0}, looks_like_parquet},
	{"an Arrow table", DATA, 0, BYTES("ARROW1\0\0"), NULL},
	{"a Feather table", DATA, 0, BYTES("FEA1"), NULL},
	{"an SQLite database", DATA, 0, BYTES("SQLite format 3\0"), NULL},
	{"a Linux program or library", PROGRAM, 0, BYTES("\x7f" "ELF"), NULL},
	{"a Windows program or library", PROGRAM, 0, {0}, looks_like_windows_program},
	{"a macOS program or library", PROGRAM, 0, {0}, looks_like_mac_program},
	{"an OCI image layout", INDEX, 0, {0}, looks_like_image_layout},
	{"an OCI image index", INDEX, 0, {0}, looks_like_image_index},
	{"the manifest of a Core ML package", INDEX, 0, {0}, looks_like_coreml_package},
};

static const struct sight script = {.title = "a script", .kind = PROGRAM};

/* Names that promise a model, so that a program has no business under them. */
static bool is_model_name(const struct source *source)
{
	static const char *const extensions[] = {
		"pt", "pth", "bin", "ckpt", "pkl", "pickle", "joblib", "dill", "onnx", "pb", "tflite", "h5", "hdf5", "keras", "safetensors", "gguf", "ggml",
		"npy", "npz", "mlmodel", "pdmodel", "pdiparams", "params", "caffemodel", "model", "cbm", "t7", "engine", "plan", "msgpack", "weights", "rds",
		"rda", "ubj", "mar", "nemo", "llamafile", "pmml",
	};
	struct bytes extension = source_extension(source);

	for (size_t i = 0; i < COUNT_OF(extensions); i++)
		if (bytes_equal_folded(extension, bytes_of(extensions[i])))
			return true;
	return false;
}

static const struct sight *find_sight(const struct source *source)
{
	struct bytes in = source->content;

	for (size_t i = 0; i < COUNT_OF(sights); i++) {
		const struct sight *s = &sights[i];
		if (s->looks_like ? s->looks_like(in) : bytes_start_with(bytes_from(in, s->at), s->magic))
			return s;
	}
	return bytes_start_with(in, BYTES("#!")) && is_model_name(source) ? &script : NULL;
}

/* Protocol buffers, texts and a few structures tell themselves by more than first bytes; the others do by those. */
static bool may_claim(const struct source *source)
{
	for (size_t i = 0; i < COUNT_OF(sights); i++)
		if (!sights[i].looks_like && bytes_start_with(bytes_from(source->first, sights[i].at), sights[i].magic))
			return true;
	return source_may_be_text(source) || proto_may_begin(source->first, source->content.len) || binary_may_begin(source->first);
}

static int probe(const struct source *source, struct arena *arena)
{
	(void)arena;
	return find_sight(source) ? 50 : 0;
}

static void parse(const struct source *source, struct artifact *art)
{
	const struct sight *s = find_sight(source);

	art->bytes_read += source->content.len < 64 << 10 ? source->content.len : 64 << 10;
	if (!s || s->kind == INDEX)
		return;
	artifact_note(art, "file.unexamined", 0, "is %s, which is not examined yet", s->title);
	if (s->kind == PROGRAM && is_model_name(source))
		artifact_note(art, "file.executable", 0, "is %s under the name of a model", s->title);
}

const struct format format_recognised = {
	.name = "recognised",
	.title = "file of a format known by sight",
	.spec = "signatures and first structures of each format's own documentation",
	.extensions = "cbm mlmodel pdmodel pdiparams rar parquet arrow feather sqlite t7 caffemodel prototxt plan engine msgpack so dll dylib exe",
	.may_claim = may_claim,
	.probe = probe,
	.parse = parse,
};
