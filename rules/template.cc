#include "rules/template.h"

#include <utility>

#include "rules/template_expand.h"
#include "rules/template_parse.h"

namespace forewarn {

struct Template::Body {
  templates::Pieces pieces;
};

StatusOr<Template> Template::Compile(std::string_view text) {
  auto body = std::make_shared<Body>();
  FW_ASSIGN_OR_RETURN(body->pieces, templates::ParsePieces(text));
  return Template(std::move(body));
}

StatusOr<std::string> Template::Expand(const Labels& labels, double value) const {
  std::string out;
  FW_RETURN_IF_ERROR(templates::ExpandInto(body_->pieces, {labels, value}, out));
  return out;
}

}  // namespace forewarn
