#pragma once

#include <string>

#include "base/status.h"
#include "model/labels.h"
#include "rules/template_tree.h"

namespace forewarn::templates {

// What an expansion works with.
struct Facts {
  const Labels& labels;
  double value;
};

// Appends what the pieces come to. Fails where a label has to be a number and is none, and for
// texts of more than kMaxText.
Status ExpandInto(const Pieces& pieces, const Facts& facts, std::string& out);

}  // namespace forewarn::templates
