#include "rules/template_term.h"

#include <gmock/gmock.h>

#include <string>
#include <tuple>
#include <utility>
#include <vector>

namespace forewarn::templates {
namespace {

using testing::StartsWith;

StatusOr<Term> Parse(std::string_view text, const Scope& scope = {}) {
  Cursor cursor{text};
  return TermParser(cursor).ParsePipeline(scope);
}

TEST(TemplateTerm, PutsWhatIsPipedLast) {
  const auto call = Parse("$labels.b | index $labels");
  ASSERT_TRUE(call.ok()) << call.status().message();
  EXPECT_EQ(call->function, Function::kIndex);
  ASSERT_EQ(call->arguments.size(), 2u);
  EXPECT_EQ(call->arguments[1].label, "b");
}

TEST(TemplateTerm, KnowsWhatItRefersTo) {
  Scope scope;
  scope.variables = {"$a", "$value"};
  const std::vector<std::tuple<const char*, Term::Kind, Type>> cases = {
      {"$labels", Term::Kind::kLabels, Type::kLabels},
      {".Labels.a", Term::Kind::kLabel, Type::kText},
      {"$.Value", Term::Kind::kValue, Type::kNumber},
      {"$value", Term::Kind::kVariable, Type::kAny},
      {"$a.b", Term::Kind::kField, Type::kAny},
      {".", Term::Kind::kDot, Type::kAlert},
      {"$", Term::Kind::kRoot, Type::kAlert},
      {"$externalLabels.x", Term::Kind::kConstant, Type::kText},
      {"$externalURL", Term::Kind::kConstant, Type::kText},
      {"nil", Term::Kind::kConstant, Type::kNothing},
      {"(query `up` | first).Labels.job", Term::Kind::kField, Type::kText},
      {"(toTime .Value).Format `2006`", Term::Kind::kField, Type::kText},
  };
  for (const auto& [text, kind, type] : cases) {
    const auto term = Parse(text, scope);
    ASSERT_TRUE(term.ok()) << term.status().message();
    EXPECT_EQ(term->kind, kind) << text;
    EXPECT_EQ(term->type, type) << text;
  }
}

TEST(TemplateTerm, TakesAFunctionWithoutArgumentsAsOne) {
  const auto call = Parse("printf \"%s%s\" pathPrefix externalURL");
  ASSERT_TRUE(call.ok()) << call.status().message();
  EXPECT_EQ(call->arguments.size(), 2u);
}

TEST(TemplateTerm, IsRefusedWithItsPlace) {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {"$labels.in-stance", "1:11: a name has no '-', only letters, digits and _"},
      {"$lables.x",
       "1:1: '$lables.x' is not known in an alert's template; did you mean '$labels'?"},
      {".Vaule", "1:1: '.Vaule' is not known in an alert's template; did you mean '.Value'?"},
      {"$value.x", "1:7: a number has no 'x'"},
      {"$labels.", "1:1: '$labels.' names no label"},
      {"(1", "1:1: this parenthesis is not closed"},
      {"\"\\q\"", "1:1: this text has a bad escape"},
      {"1.2.3", "1:1: "},
  };
  for (const auto& [text, message] : cases) {
    EXPECT_THAT(Parse(text).status().message(), StartsWith(message)) << text;
  }
}

}  // namespace
}  // namespace forewarn::templates
