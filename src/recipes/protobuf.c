/* Protocol buffers by field number: "proto 7" ... "end" is a message, the rest are values. */
#include "recipes/inside.h"

void recipe_varint(struct text *out, uint64_t value)
{
	for (; value >= 0x80; value >>= 7)
		text_add_byte(out, (char)(value | 0x80));
	text_add_byte(out, (char)value);
}

bool recipe_proto_message(struct kitchen *k, struct bytes rest, struct bytes in, struct text *out)
{
	uint64_t number;

	if (!recipe_number(k, recipe_word(&rest), &number))
		return false;
	recipe_varint(out, number << 3 | 2);
	recipe_varint(out, in.len);
	text_add(out, in);
	return true;
}

static bool add_integers(struct kitchen *k, struct bytes rest, struct text *out)
{
	struct bytes word;
	uint64_t value;

	while ((word = recipe_word(&rest)).len > 0) {
		if (!recipe_number(k, word, &value))
			return false;
		recipe_varint(out, value);
	}
	return true;
}

static bool add_text(struct kitchen *k, struct bytes rest, struct text *out)
{
	struct bytes number = recipe_word(&rest);
	struct text words;

	text_init(&words, NULL);
	bool good = recipe_unescape(k, rest, &words) && recipe_proto_message(k, number, text_bytes(&words), out);
	text_finish(&words);
	return good;
}

bool recipe_proto_step(struct kitchen *k, const struct step *s, struct text *out)
{
	struct bytes rest = s->rest;
	uint64_t number;

	if (bytes_same(s->word, "varint"))
		return add_integers(k, rest, out);
	if (bytes_same(s->word, "proto-text"))
		return add_text(k, rest, out);
	if (!bytes_same(s->word, "proto-int"))
		return false;
	if (!recipe_number(k, recipe_word(&rest), &number))
		return false;
	recipe_varint(out, number << 3);
	return add_integers(k, rest, out);
}
