#ifndef BASE_TIME_H
#define BASE_TIME_H

#include <stdint.h>

#include "base/date.h"

int64_t time_now_ms(void);         /* UTC, milliseconds since 1970 */
int64_t time_monotonic_ms(void);   /* for durations: never goes back */

#endif
