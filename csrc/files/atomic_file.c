#if !defined _WIN32 && !defined _GNU_SOURCE
#define _GNU_SOURCE /* fsync, readlink */
#endif
#include "atomic_file.h"

#include <stdio.h>
#include <string.h>

#include "../error.h"
#include "../memory.h"
#include "../platform.h"

enum { NAMES_TRIED = 1000, NAME_SIZE = 64 };

static size_t folder_size(const char *path)
{
    size_t size = 0;
    for (size_t i = 0; path[i]; i++) {
        if (path[i] == '/') size = i + 1;
#ifdef _WIN32
        if (path[i] == '\\' || path[i] == ':') size = i + 1;
#endif
    }
    return size;
}

/* The first `folder` characters of path, and behind them the name. NULL without memory. */
static char *path_in_folder(const char *path, size_t folder, const char *name, size_t capacity)
{
    char *full = bl_malloc(folder + capacity + 1);
    if (full) snprintf(full, folder + capacity + 1, "%.*s%s", (int)folder, path, name);
    return full;
}

static void free_paths(bl_atomic_file *f)
{
    bl_free(f->target);
    bl_free(f->temporary);
    f->target = f->temporary = NULL;
}

#ifdef _WIN32
#define WIN32_LEAN_AND_MEAN
#include <windows.h>

static unsigned long process_id(void) { return GetCurrentProcessId(); }

static bl_status resolve(const char *path, char **target, int *direct, bl_error *error)
{
    *target = path_in_folder(path, 0, path, strlen(path));
    if (!*target) return bl_no_memory(error, "the path");
    wchar_t *w = bl_wide_path(path);
    if (!w) return bl_no_memory(error, "the path");
    const DWORD attributes = GetFileAttributesW(w);
    bl_free(w);
    const int exists = attributes != INVALID_FILE_ATTRIBUTES;
    /* links and devices: written where they lead to */
    *direct = exists && (attributes & (FILE_ATTRIBUTE_DEVICE | FILE_ATTRIBUTE_REPARSE_POINT));
    if (exists && (attributes & FILE_ATTRIBUTE_DIRECTORY))
        return bl_fail(error, BL_FILE_ERROR, "%.300s is a folder; give a file's name.", path);
    return BL_OK;
}

/* 1: opened; 0: there is a file of that name already; -1: an error of the system. */
static int create(bl_atomic_file *f, int direct)
{
    wchar_t *w = bl_wide_path(direct ? f->target : f->temporary);
    if (!w) {
        SetLastError(ERROR_NOT_ENOUGH_MEMORY);
        return -1;
    }
    HANDLE h = CreateFileW(w, GENERIC_WRITE, 0, NULL, direct ? CREATE_ALWAYS : CREATE_NEW,
                           FILE_ATTRIBUTE_NORMAL, NULL);
    bl_free(w);
    f->handle = (intptr_t)h;
    if (h != INVALID_HANDLE_VALUE) return 1;
    return !direct && GetLastError() == ERROR_FILE_EXISTS ? 0 : -1;
}

static void remove_temporary(const bl_atomic_file *f)
{
    wchar_t *w = f->temporary ? bl_wide_path(f->temporary) : NULL;
    if (w) DeleteFileW(w);
    bl_free(w);
}

static void close_handle(bl_atomic_file *f) { CloseHandle((HANDLE)f->handle); }

bl_status bl_atomic_write(bl_atomic_file *f, const void *data, size_t size, bl_error *error)
{
    const char *p = data;
    while (size) {
        const DWORD some = size > (1u << 30) ? 1u << 30 : (DWORD)size;
        DWORD written = 0;
        if (!WriteFile((HANDLE)f->handle, p, some, &written, NULL))
            return bl_system_error(error, f->target, "written");
        p += written;
        size -= written;
    }
    return BL_OK;
}

static bl_status replace(const bl_atomic_file *f, bl_error *error)
{
    wchar_t *from = bl_wide_path(f->temporary), *to = bl_wide_path(f->target);
    const int moved = from && to &&
                      MoveFileExW(from, to, MOVEFILE_REPLACE_EXISTING | MOVEFILE_WRITE_THROUGH);
    const DWORD code = from && to ? GetLastError() : ERROR_NOT_ENOUGH_MEMORY;
    bl_free(from);
    bl_free(to);
    if (moved) return BL_OK;
    if (code == ERROR_ACCESS_DENIED || code == ERROR_SHARING_VIOLATION ||
        code == ERROR_USER_MAPPED_FILE)
        return bl_fail(error, BL_FILE_ERROR,
                       "%.250s cannot be replaced while it is in use or mapped, and was left as "
                       "it is; close the model that was opened from it, or write to another name.",
                       f->target);
    SetLastError(code);
    return bl_system_error(error, f->target, "replaced");
}

static bl_status finish(bl_atomic_file *f, bl_error *error)
{
    bl_status status = BL_OK;
    if (f->temporary && !FlushFileBuffers((HANDLE)f->handle))
        status = bl_system_error(error, f->target, "written");
    close_handle(f);
    return status == BL_OK && f->temporary ? replace(f, error) : status;
}

#else
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

static unsigned long process_id(void) { return (unsigned long)getpid(); }

/* What the link at path says, as a path; NULL without memory or if it cannot be read. */
static char *read_link(const char *path)
{
    char link[4096];
    const ssize_t size = readlink(path, link, sizeof link - 1);
    if (size < 0 || (size_t)size >= sizeof link) return NULL;
    link[size] = 0;
    char *full = path_in_folder(path, link[0] == '/' ? 0 : folder_size(path), link, (size_t)size);
    if (!full) errno = ENOMEM;
    return full;
}

/* *target: path once its links are followed, even to a file that does not exist yet. */
static bl_status follow_links(const char *path, char **target, bl_error *error)
{
    enum { MOST_LINKS = 40 };
    struct stat s;
    *target = path_in_folder(path, 0, path, strlen(path));
    if (!*target) return bl_no_memory(error, "the path");
    for (int i = 0; lstat(*target, &s) == 0 && S_ISLNK(s.st_mode); i++) {
        errno = ELOOP;
        char *next = i < MOST_LINKS ? read_link(*target) : NULL;
        if (!next) return bl_system_error(error, path, "written");
        bl_free(*target);
        *target = next;
    }
    return BL_OK;
}

static int starts_with(const char *text, const char *start)
{
    return !strncmp(text, start, strlen(start));
}

static bl_status resolve(const char *path, char **target, int *direct, bl_error *error)
{
    struct stat s;
    const int exists = stat(path, &s) == 0;
    if (exists && S_ISDIR(s.st_mode))
        return bl_fail(error, BL_FILE_ERROR, "%.300s is a folder; give a file's name.", path);
    /* /dev/stdout may be a file, but one that others write to as well */
    *direct = exists &&
              (!S_ISREG(s.st_mode) || starts_with(path, "/dev/") || starts_with(path, "/proc/"));
    if (!*direct) return follow_links(path, target, error);
    *target = path_in_folder(path, 0, path, strlen(path));
    return *target ? BL_OK : bl_no_memory(error, "the path");
}

/* A file that replaces another gets its owner and permissions. 0 if the other one must not be
 * written to. */
static int take_permissions(const char *target, int fd)
{
    struct stat s;
    if (stat(target, &s) != 0) return 1;
    if (access(target, W_OK) != 0) return 0;
    const int owned = fchown(fd, s.st_uid, s.st_gid) == 0;
    const mode_t special = S_ISUID | S_ISGID; /* only for the right owner */
    return fchmod(fd, owned ? s.st_mode & 07777 : s.st_mode & 07777 & ~special) == 0 ||
           errno == EPERM || errno == ENOTSUP || errno == ENOSYS;
}

/* 1: opened; 0: there is a file of that name already; -1: an error of the system. */
static int create(bl_atomic_file *f, int direct)
{
    const int flags = O_WRONLY | O_CLOEXEC | (direct ? O_TRUNC : O_CREAT | O_EXCL | O_NOFOLLOW);
    const int fd = open(direct ? f->target : f->temporary, flags, 0666);
    if (fd < 0) return !direct && errno == EEXIST ? 0 : -1;
    f->handle = fd;
    if (direct || take_permissions(f->target, fd)) return 1;
    const int code = errno;
    close(fd);
    unlink(f->temporary);
    errno = code;
    return -1;
}

static void remove_temporary(const bl_atomic_file *f)
{
    if (f->temporary) unlink(f->temporary);
}

static void close_handle(bl_atomic_file *f) { close((int)f->handle); }

bl_status bl_atomic_write(bl_atomic_file *f, const void *data, size_t size, bl_error *error)
{
    const char *p = data;
    while (size) {
        const ssize_t written = write((int)f->handle, p, size > 1 << 30 ? 1 << 30 : size);
        if (written < 0 && errno == EINTR) continue;
        if (written < 0) return bl_system_error(error, f->target, "written");
        p += written;
        size -= (size_t)written;
    }
    return BL_OK;
}

/* The new name reaches the disk too, where the system has a way to say so. path is changed. */
static void sync_folder(char *path)
{
    const size_t size = folder_size(path);
    path[size] = 0;
    const int fd = open(size ? path : ".", O_RDONLY | O_CLOEXEC);
    if (fd < 0) return;
    (void)!fsync(fd);
    close(fd);
}

static bl_status finish(bl_atomic_file *f, bl_error *error)
{
    const int cannot_sync = f->temporary && fsync((int)f->handle) != 0 && errno != EINVAL;
    const int code = errno;
    const int cannot_close = close((int)f->handle) != 0;
    if (cannot_sync) errno = code;
    if (cannot_sync || cannot_close) return bl_system_error(error, f->target, "written");
    if (!f->temporary) return BL_OK;
    if (rename(f->temporary, f->target) != 0) return bl_system_error(error, f->target, "replaced");
    sync_folder(f->temporary);
    return BL_OK;
}
#endif

bl_status bl_atomic_open(bl_atomic_file *f, const char *path, bl_error *error)
{
    int direct = 0, created = 0;
    char name[NAME_SIZE];
    memset(f, 0, sizeof *f);
    const bl_status status = resolve(path, &f->target, &direct, error);
    if (status != BL_OK) {
        free_paths(f);
        return status;
    }
    for (int i = 0; i < NAMES_TRIED && !created; i++) {
        if (!direct) {
            snprintf(name, sizeof name, ".bertlite-%lu-%d.tmp", process_id(), i);
            bl_free(f->temporary);
            f->temporary = path_in_folder(f->target, folder_size(f->target), name, sizeof name);
            if (!f->temporary) {
                free_paths(f);
                return bl_no_memory(error, "the path");
            }
        }
        created = create(f, direct);
    }
    if (created > 0) return BL_OK;
    const bl_status failed = bl_system_error(error, path, "written");
    free_paths(f);
    return failed;
}

bl_status bl_atomic_commit(bl_atomic_file *f, bl_error *error)
{
    const bl_status status = finish(f, error);
    if (status != BL_OK) remove_temporary(f);
    free_paths(f);
    return status;
}

void bl_atomic_abandon(bl_atomic_file *f)
{
    close_handle(f);
    remove_temporary(f);
    free_paths(f);
}
