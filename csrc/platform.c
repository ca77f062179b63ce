#if !defined _WIN32 && !defined _GNU_SOURCE
#define _GNU_SOURCE /* madvise, sched_yield */
#endif
#include "platform.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "error.h"
#include "memory.h"

#ifdef _WIN32
#define WIN32_LEAN_AND_MEAN
#include <windows.h>
#include <malloc.h>

static DWORD WINAPI entry(void *p)
{
    bl_thread *t = p;
    t->work(t->argument);
    return 0;
}
int bl_thread_start(bl_thread *t, void (*work)(void *), void *argument)
{
    t->work = work;
    t->argument = argument;
    t->handle = (uintptr_t)CreateThread(NULL, 0, entry, t, 0, NULL);
    return t->handle != 0;
}
void bl_thread_join(bl_thread *t)
{
    WaitForSingleObject((HANDLE)t->handle, INFINITE);
    CloseHandle((HANDLE)t->handle);
}
void bl_yield(void) { SwitchToThread(); }

wchar_t *bl_wide_path(const char *path)
{
    int n = MultiByteToWideChar(CP_UTF8, 0, path, -1, NULL, 0);
    wchar_t *w = n > 0 ? bl_malloc((size_t)n * sizeof *w) : NULL;
    if (w) MultiByteToWideChar(CP_UTF8, 0, path, -1, w, n);
    return w;
}

bl_status bl_system_error(bl_error *error, const char *path, const char *action)
{
    const DWORD code = GetLastError();
    char reason[128] = "";
    if (code == ERROR_NOT_ENOUGH_MEMORY || code == ERROR_OUTOFMEMORY)
        return bl_no_memory(error, "the file");
    const DWORD flags = FORMAT_MESSAGE_FROM_SYSTEM | FORMAT_MESSAGE_IGNORE_INSERTS |
                        FORMAT_MESSAGE_MAX_WIDTH_MASK;
    DWORD n = FormatMessageA(flags, NULL, code, 0, reason, sizeof reason, NULL);
    while (n && (reason[n - 1] == ' ' || reason[n - 1] == '.')) reason[--n] = 0;
    if (!n) snprintf(reason, sizeof reason, "system error %lu", (unsigned long)code);
    return bl_fail(error, BL_FILE_ERROR, "%.200s cannot be %s: %s.", path, action, reason);
}

bl_status bl_map_file(bl_map *map, const char *path, bl_error *error)
{
    memset(map, 0, sizeof *map);
    wchar_t *w = bl_wide_path(path);
    if (!w) return bl_no_memory(error, "the path");
    HANDLE file = CreateFileW(w, GENERIC_READ, FILE_SHARE_READ | FILE_SHARE_DELETE, NULL,
                              OPEN_EXISTING, 0, NULL);
    bl_free(w);
    if (file == INVALID_HANDLE_VALUE) return bl_system_error(error, path, "opened");
    LARGE_INTEGER size;
    bl_status status = BL_OK;
    if (!GetFileSizeEx(file, &size) || (uint64_t)size.QuadPart > SIZE_MAX) {
        status = bl_system_error(error, path, "read");
    } else if (size.QuadPart > 0) {
        HANDLE view = CreateFileMappingW(file, NULL, PAGE_READONLY, 0, 0, NULL);
        map->data = view ? MapViewOfFile(view, FILE_MAP_READ, 0, 0, 0) : NULL;
        map->size = (size_t)size.QuadPart;
        if (!map->data) status = bl_system_error(error, path, "mapped");
        if (view) CloseHandle(view);
    }
    CloseHandle(file);
    return status;
}
void bl_map_close(bl_map *map)
{
    if (map->data) UnmapViewOfFile(map->data);
    memset(map, 0, sizeof *map);
}
void bl_map_release(const bl_map *map, const void *from, size_t size)
{
    (void)map;
    (void)from;
    (void)size;
}
static DWORD attributes(const char *path)
{
    wchar_t *w = bl_wide_path(path);
    DWORD a = w ? GetFileAttributesW(w) : INVALID_FILE_ATTRIBUTES;
    bl_free(w);
    return a;
}
int bl_is_folder(const char *path)
{
    DWORD a = attributes(path);
    return a != INVALID_FILE_ATTRIBUTES && (a & FILE_ATTRIBUTE_DIRECTORY);
}
int bl_is_file(const char *path)
{
    DWORD a = attributes(path);
    return a != INVALID_FILE_ATTRIBUTES && !(a & FILE_ATTRIBUTE_DIRECTORY);
}

static int identify(const char *path, BY_HANDLE_FILE_INFORMATION *found)
{
    wchar_t *w = bl_wide_path(path);
    if (!w) return 0;
    HANDLE h = CreateFileW(w, 0, FILE_SHARE_READ | FILE_SHARE_WRITE | FILE_SHARE_DELETE, NULL,
                           OPEN_EXISTING, FILE_FLAG_BACKUP_SEMANTICS, NULL);
    bl_free(w);
    if (h == INVALID_HANDLE_VALUE) return 0;
    const int ok = GetFileInformationByHandle(h, found) != 0;
    CloseHandle(h);
    return ok;
}
int bl_is_same_file(const char *a, const char *b)
{
    BY_HANDLE_FILE_INFORMATION x, y;
    return identify(a, &x) && identify(b, &y) && x.dwVolumeSerialNumber == y.dwVolumeSerialNumber &&
           x.nFileIndexHigh == y.nFileIndexHigh && x.nFileIndexLow == y.nFileIndexLow;
}

#else
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

static void *entry(void *p)
{
    bl_thread *t = p;
    t->work(t->argument);
    return NULL;
}
int bl_thread_start(bl_thread *t, void (*work)(void *), void *argument)
{
    pthread_t handle;
    t->work = work;
    t->argument = argument;
    if (pthread_create(&handle, NULL, entry, t)) return 0;
    t->handle = (uintptr_t)handle;
    return 1;
}
void bl_thread_join(bl_thread *t) { pthread_join((pthread_t)t->handle, NULL); }
void bl_yield(void) { sched_yield(); }

bl_status bl_system_error(bl_error *error, const char *path, const char *action)
{
    const int code = errno;
    if (code == ENOMEM) return bl_no_memory(error, "the file");
    return bl_fail(error, BL_FILE_ERROR, "%.200s cannot be %s: %s.", path, action, strerror(code));
}

bl_status bl_map_file(bl_map *map, const char *path, bl_error *error)
{
    memset(map, 0, sizeof *map);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return bl_system_error(error, path, "opened");
    struct stat s;
    bl_status status = BL_OK;
    if (fstat(fd, &s) != 0) {
        status = bl_system_error(error, path, "read");
    } else if (!S_ISREG(s.st_mode) || (uint64_t)s.st_size > SIZE_MAX) {
        status = bl_fail(error, BL_FILE_ERROR, "%.300s is not a regular file; give one.", path);
    } else if (s.st_size > 0) {
        void *p = mmap(NULL, (size_t)s.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
        if (p == MAP_FAILED) {
            status = bl_system_error(error, path, "mapped");
        } else {
            map->data = p;
            map->size = (size_t)s.st_size;
        }
    }
    close(fd);
    return status;
}
void bl_map_close(bl_map *map)
{
    if (map->data) munmap((void *)(uintptr_t)map->data, map->size);
    memset(map, 0, sizeof *map);
}
void bl_map_release(const bl_map *map, const void *from, size_t size)
{
    const uintptr_t page = (uintptr_t)sysconf(_SC_PAGESIZE), start = (uintptr_t)map->data;
    if (!map->data || (uintptr_t)from < start || (uintptr_t)from + size > start + map->size) return;
    uintptr_t low = ((uintptr_t)from + page - 1) / page * page,
              high = ((uintptr_t)from + size) / page * page;
    if (low < high) madvise((void *)low, high - low, MADV_DONTNEED);
}
int bl_is_folder(const char *path)
{
    struct stat s;
    return stat(path, &s) == 0 && S_ISDIR(s.st_mode);
}
int bl_is_file(const char *path)
{
    struct stat s;
    return stat(path, &s) == 0 && S_ISREG(s.st_mode);
}
int bl_is_same_file(const char *a, const char *b)
{
    struct stat x, y;
    return stat(a, &x) == 0 && stat(b, &y) == 0 && x.st_dev == y.st_dev && x.st_ino == y.st_ino;
}
#endif
