#include "formats/recognised/shapes.h"

#include "base/status.h"
#include "syntax/json.h"

enum { WINDOW = 64 << 10, JSON_WINDOW = 1 << 20, KEYS_MOST = 8 };

static struct bytes window_of(struct bytes in)
{
	struct bytes b = bytes_slice(in, 0, WINDOW);

	if (bytes_start_with(b, BYTES("\xef\xbb\xbf")))
		b = bytes_from(b, 3);
	while (b.len > 0 && (b.at[0] == ' ' || b.at[0] == '\n' || b.at[0] == '\r' || b.at[0] == '\t'))
		b = bytes_from(b, 1);
	return b;
}

/* ---- XML ---- */

static bool is_xml_with(struct bytes in, struct bytes root, struct bytes inside)
{
	struct bytes b = window_of(in);

	return bytes_start_with(b, BYTES("<")) && bytes_contain(b, root) && bytes_contain(b, inside);
}

bool looks_like_openvino(struct bytes in)
{
	return is_xml_with(in, BYTES("<net "), BYTES("<layers>"));
}

/* ---- plain text ---- */

bool looks_like_caffe_network(struct bytes in)
{
	static const char *const starts[] = {"name:", "layer ", "layer{", "layers ", "layers{", "input:", "input_shape", "input_dim:", "#"};
	struct bytes b = window_of(in);
	bool begins = false;

	for (size_t i = 0; i < COUNT_OF(starts); i++)
		begins |= bytes_start_with(b, bytes_of(starts[i]));
	if (!begins)
		return false;
	bool layers = bytes_contain(b, BYTES("layer {")) || bytes_contain(b, BYTES("layers {")) || bytes_contain(b, BYTES("layer{"));
	return layers && bytes_contain(b, BYTES("type:")) && (bytes_contain(b, BYTES("top:")) || bytes_contain(b, BYTES("bottom:")));
}

bool looks_like_darknet(struct bytes in)
{
	struct bytes b = window_of(in);

	return (bytes_start_with(b, BYTES("[net]")) || bytes_start_with(b, BYTES("[network]"))) && bytes_contain(b, BYTES("\n[")) && bytes_contain(b, BYTES("="));
}

bool looks_like_coreml_program(struct bytes in)
{
	struct bytes b = window_of(in);

	return bytes_start_with(b, BYTES("program(1.")) && bytes_contain(b, BYTES("func "));
}

/* ---- JSON ---- */

/* Are all these names among those of the outermost object? Looks at the beginning only. */
static bool has_keys(struct bytes in, const char *const *names, size_t count)
{
	struct json_reader r;
	unsigned found = 0;

	if (!bytes_start_with(window_of(in), BYTES("{")))
		return false;
	json_begin_stream(&r);
	json_feed(&r, bytes_slice(in, 0, JSON_WINDOW), in.len <= JSON_WINDOW);
	for (enum json_token t = json_next(&r); t > JSON_ERROR; t = json_next(&r))
		for (size_t i = 0; t == JSON_KEY && r.depth == 1 && i < count; i++)
			found |= bytes_same(r.text, names[i]) ? 1u << i : 0;
	return found == (1u << count) - 1;
}

#define HAS_KEYS(in, ...) has_keys(in, (const char *const[]){__VA_ARGS__}, COUNT_OF(((const char *const[]){__VA_ARGS__})))

bool looks_like_tensorflow_js(struct bytes in)
{
	return HAS_KEYS(in, "modelTopology", "weightsManifest");
}

bool looks_like_mxnet_symbol(struct bytes in)
{
	return HAS_KEYS(in, "nodes", "arg_nodes", "heads");
}

bool looks_like_coreml_package(struct bytes in)
{
	return HAS_KEYS(in, "fileFormatVersion", "itemInfoEntries", "rootModelIdentifier");
}

bool looks_like_image_layout(struct bytes in)
{
	return HAS_KEYS(in, "imageLayoutVersion");
}

bool looks_like_image_index(struct bytes in)
{
	return HAS_KEYS(in, "schemaVersion", "manifests") || HAS_KEYS(in, "schemaVersion", "config", "layers");
}
