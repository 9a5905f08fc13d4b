#ifndef BASE_STATUS_H
#define BASE_STATUS_H

/*
 * Three kinds of trouble, three ways out.
 *   bad input    not an error here: it becomes a finding, and the scan goes on
 *   bad luck     I/O, limits: a status, carried up to the scan and put on record
 *   our own bug  assert(): the worker dies, and its parent records that
 */
enum status {
	STATUS_OK = 0,
	STATUS_MALFORMED,   /* the input breaks its own format */
	STATUS_LIMIT,       /* a budget ran out: not examined, so not clean */
	STATUS_IO,          /* the system refused: errno tells */
};

#define MUST_CHECK __attribute__((warn_unused_result))
/* What is called when something is wrong, or seldom: kept apart from what runs every time, and never in its way. */
#define RARELY __attribute__((cold, noinline))
#define PRINTF_LIKE(nth, first) __attribute__((format(printf, nth, first)))

#define COUNT_OF(array) (sizeof(array) / sizeof *(array))

#endif
