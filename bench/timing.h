/* timing.h: the clock and the order of times, for the benchmarks in C. */
#ifndef TIMING_H
#define TIMING_H

#include <stdlib.h>
#include <time.h>

static double nanoseconds(void)
{
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e9 + (double)t.tv_nsec;
}

static int compare_times(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void sort_times(double *times, size_t count)
{
    qsort(times, count, sizeof *times, compare_times);
}
#endif
