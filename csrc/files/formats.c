#include "formats.h"

#include <string.h>

#include "../error.h"

#define AS_SAFETENSORS "save the model from PyTorch as model.safetensors and open its folder"

typedef struct {
    const char *start;
    size_t size;
    const char *what, *advice;
} format;

static const format formats[] = {
    { "version https://git-lfs", 23, "a git-lfs pointer instead of the file itself",
      "fetch the file with `git lfs pull`" },
    { "GGUF", 4, "a GGUF file", AS_SAFETENSORS },
    { "\x89HDF\r\n", 6, "a TensorFlow or Keras file (HDF5)", AS_SAFETENSORS },
    { "PK\3\4", 4, "a ZIP archive, as torch.save writes it",
      "open the folder of pytorch_model.bin and config.json" },
    { "\x80\x02", 2, "a pickle, as torch.save writes it",
      "open the folder of pytorch_model.bin and config.json" },
    { "\x1F\x8B", 2, "a gzip archive", "unpack it and open the folder" },
    { "<!DOCTYPE", 9, "a web page", "download the file itself" },
    { "<html", 5, "a web page", "download the file itself" },
    { "BZh91AY&SY", 10, "a bzip2 archive", "unpack it and open the folder" },
    { "\xFD"
      "7zXZ",
      5, "an xz archive", "unpack it and open the folder" },
    { "\x28\xB5\x2F\xFD", 4, "a Zstandard archive", "unpack it and open the folder" },
    { "7z\xBC\xAF", 4, "a 7-Zip archive", "unpack it and open the folder" },
    { "\x93NUMPY", 6, "a NumPy array", AS_SAFETENSORS },
    { "\x89PNG", 4, "a picture (PNG)", "give the model's folder" },
    { "\xFF\xD8\xFF", 3, "a picture (JPEG)", "give the model's folder" },
    { "%PDF-", 5, "a PDF document", "give the model's folder" },
};

/* A protobuf message whose first field is a small version and whose second is a string or a
 * number, as ONNX's ModelProto begins. */
static int is_onnx(const unsigned char *p, size_t size)
{
    return size > 4 && p[0] == 0x08 && p[1] >= 1 && p[1] < 32 &&
           (p[2] == 0x12 || p[2] == 0x3A || p[2] == 0x42) && p[3];
}

static int is_json(const unsigned char *p, size_t size)
{
    size_t i = 0;
    while (i < size && (p[i] == ' ' || p[i] == '\n' || p[i] == '\r' || p[i] == '\t')) i++;
    return i < size && p[i] == '{'; /* a vocab.txt begins with [PAD] */
}

/* Lines of text: no control characters at its beginning. */
static int is_text(const unsigned char *p, size_t size)
{
    const size_t seen = size < 256 ? size : 256;
    for (size_t i = 0; i < seen; i++)
        if ((p[i] < 0x20 && p[i] != '\n' && p[i] != '\r' && p[i] != '\t') || p[i] >= 0xF5)
            return 0; /* 0xF5 and more are not in UTF-8 */
    return size != 0;
}

static const format *recognize_start(const unsigned char *p, size_t size)
{
    static const format tflite = { "", 0, "a TensorFlow Lite file", AS_SAFETENSORS };
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (size >= formats[i].size && !memcmp(p, formats[i].start, formats[i].size))
            return &formats[i];
    return size >= 8 && !memcmp(p + 4, "TFL3", 4) ? &tflite : NULL;
}

static const format *recognize(const unsigned char *p, size_t size)
{
    static const format empty = { "", 0, "empty", "download or save it again" };
    static const format onnx = { "", 0, "an ONNX file", AS_SAFETENSORS };
    static const format json = { "", 0, "a JSON file", "open the folder that it is in" };
    static const format text = { "", 0, "a text file, such as a vocab.txt",
                                 "open the folder that it is in" };
    const format *f = recognize_start(p, size);
    if (f) return f;
    if (!size) return &empty;
    if (is_onnx(p, size)) return &onnx;
    if (is_json(p, size)) return &json;
    return is_text(p, size) ? &text : NULL;
}

static bl_status refuse(const format *f, const char *path, const char *expected, bl_error *error)
{
    if (!f) return BL_OK;
    return bl_fail(error, BL_FILE_ERROR, "%.250s is %s, not %s; %s.",
                   path ? path : "what was given", f->what, expected, f->advice);
}

bl_status bl_refuse_other_formats(const void *data, size_t size, const char *path,
                                  const char *expected, bl_error *error)
{
    return refuse(recognize(data, size), path, expected, error);
}

bl_status bl_refuse_formats_but_text(const void *data, size_t size, const char *path,
                                     const char *expected, bl_error *error)
{
    return refuse(recognize_start(data, size), path, expected, error);
}
