/* describe.c: what can be asked of a model. */
#include "model.h"

const bl_info *bl_describe(const bl_model *m) { return &m->info; }

const char *bl_config_json(const bl_model *m, size_t *size)
{
    *size = m->config_size;
    return m->config;
}

const char *bl_label_name(const bl_model *m, int label)
{
    return label >= 0 && label < m->info.labels ? m->label_names[label] : NULL;
}
