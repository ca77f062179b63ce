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
        if (p[i] < 0x20 && p[i] != '\n' && p[i] != '\r' && p[i] != '\t') return 0;
    return size != 0;
}

static const format *recognize(const unsigned char *p, size_t size)
{
    static const format onnx = { "", 0, "an ONNX file", AS_SAFETENSORS };
    static const format json = { "", 0, "a JSON file", "open the folder that it is in" };
    static const format text = { "", 0, "a text file, such as a vocab.txt",
                                 "open the folder that it is in" };
    for (size_t i = 0; i < sizeof formats / sizeof *formats; i++)
        if (size >= formats[i].size && !memcmp(p, formats[i].start, formats[i].size))
            return &formats[i];
    if (is_onnx(p, size)) return &onnx;
    if (is_json(p, size)) return &json;
    return is_text(p, size) ? &text : NULL;
}

bl_status bl_refuse_other_formats(const void *data, size_t size, const char *path, bl_error *error)
{
    const format *f = recognize(data, size);
    if (!f) return BL_OK;
    return bl_fail(error, BL_FILE_ERROR, "%.250s is %s, not a model that can be opened; %s.",
                   path ? path : "what was given", f->what, f->advice);
}
