#include "formats/pmml/functions.h"

#include "base/status.h"

static const char *const functions[] = {
	"+", "-", "*", "/", "min", "max", "sum", "avg", "median", "product", "log10", "ln", "sqrt", "abs", "exp", "pow", "threshold", "floor", "ceil",
	"round", "modulo", "isMissing", "isNotMissing", "isValid", "isNotValid", "equal", "notEqual", "lessThan", "lessOrEqual", "greaterThan",
	"greaterOrEqual", "and", "or", "not", "isIn", "isNotIn", "if", "uppercase", "lowercase", "stringLength", "substring", "trimBlanks", "concat",
	"replace", "matches", "formatNumber", "formatDatetime", "dateDaysSinceYear", "dateSecondsSinceYear", "dateSecondsSinceMidnight", "normalCDF",
	"normalPDF", "stdNormalCDF", "stdNormalPDF", "normalIDF", "stdNormalIDF", "erf", "expm1", "hypot", "ln1p", "rint", "sin", "asin", "sinh",
	"cos", "acos", "cosh", "tan", "atan", "tanh",
};

bool pmml_has_function(struct bytes name)
{
	for (size_t i = 0; i < COUNT_OF(functions); i++)
		if (bytes_same(name, functions[i]))
			return true;
	return false;
}
