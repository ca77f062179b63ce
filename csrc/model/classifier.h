/* classifier.h: a new classifier, for a model that has none or one for other labels. */
#ifndef BL_CLASSIFIER_H
#define BL_CLASSIFIER_H

#include "builder.h"

/* Adds the tensors of a classifier for the config's labels, and those of the pooler before it
 * unless the model has one, as normally distributed random numbers; biases are 0. A classifier
 * that the model has is replaced. */
bl_status bl_add_classifier(bl_builder *b);
#endif
