/* describe.c: what can be asked of a model. */
#include "model.h"

const bl_info *bl_describe(const bl_model *m) { return &m->info; }

void bl_describe_windows(const bl_config_values *c, bl_info *info)
{
    const size_t window = c->window && c->window < c->positions ? c->window : c->positions,
                 overlap = c->window_overlap;
    info->has_own_windows = c->window != 0;
    info->window = (int)window;
    info->window_overlap = (int)(overlap && overlap <= window / 2 ? overlap : window / 2);
}

const char *bl_config_json(const bl_model *m, size_t *size)
{
    *size = m->config_size;
    return m->config;
}

const char *bl_label_name(const bl_model *m, int label)
{
    return label >= 0 && label < m->info.labels ? m->label_names[label] : NULL;
}
