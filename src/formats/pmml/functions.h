#ifndef FORMATS_PMML_FUNCTIONS_H
#define FORMATS_PMML_FUNCTIONS_H

#include "base/bytes.h"

/* Is it a function that PMML itself defines (PMML 4.4, "Built-in functions")? */
bool pmml_has_function(struct bytes name);

#endif
