#include "rules/template.h"

#include <utility>

#include "rules/template_expand.h"
#include "rules/template_parse.h"

namespace forewarn {

struct Template::Body {
  templates::Tree tree;
};

StatusOr<Template> Template::Compile(std::string_view text) {
  auto body = std::make_shared<Body>();
  FW_ASSIGN_OR_RETURN(body->tree, templates::ParseTree(text));
  return Template(std::move(body));
}

StatusOr<std::string> Template::Expand(const Labels& labels, double value,
                                       TemplateQueries* queries) const {
  std::string out;
  FW_RETURN_IF_ERROR(templates::ExpandInto(body_->tree, {labels, value, queries}, out));
  return out;
}

}  // namespace forewarn
