/* shape.h - text of shapes, for messages. */
#ifndef ETI_GRAPH_SHAPE_H
#define ETI_GRAPH_SHAPE_H

#include "graph/graph.h"

struct eti_shape_text { char text[112]; };
/* "[1, 224, 224, 3]" */
struct eti_shape_text eti_shape_text(const struct eti_shape *shape);
bool eti_same_shape(const struct eti_shape *a, const struct eti_shape *b);

#endif
