#include "rules/words.h"

struct bytes rules_word(struct bytes *list)
{
	size_t from = 0, len = 0;

	while (from < list->len && (list->at[from] == ' ' || list->at[from] == '\n'))
		from++;
	while (from + len < list->len && list->at[from + len] != ' ' && list->at[from + len] != '\n')
		len++;
	struct bytes word = bytes_slice(*list, from, len);
	*list = bytes_from(*list, from + len);
	return word;
}
