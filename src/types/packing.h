#ifndef TYPES_PACKING_H
#define TYPES_PACKING_H

/* How the bytes of a file inside a file are packed. */
enum packing {
	PACKING_NONE,
	PACKING_DEFLATE,    /* raw, as in ZIP */
	PACKING_ZLIB,
	PACKING_GZIP,
	PACKING_BZIP2,
	PACKING_XZ,         /* and the older .lzma */
	PACKING_LZMA,       /* bare, with the header that ZIP puts before it */
	PACKING_ZSTD,
	PACKING_LZ4,        /* frames */
	PACKING_BASE64,
	PACKING_HEX,
	PACKING_UNKNOWN,
};

#endif
