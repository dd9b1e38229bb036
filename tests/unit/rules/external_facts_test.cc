#include "rules/external_facts.h"

#include <gtest/gtest.h>

#include "rules/template.h"

namespace forewarn {
namespace {

const Labels kLabels = {{"cluster", "a\"b"}, {"zone", "x"}};

std::string With(std::string_view text) {
  return WithExternalFacts(text, kLabels, "https://example.com");
}

TEST(ExternalFacts, BecomeConstantsInsideOfActions) {
  EXPECT_EQ(With("{{ $externalLabels.zone }} {{.ExternalLabels.zone}} {{ $externalURL }} {{ "
                 ".ExternalURL }}"),
            "{{ \"x\" }} {{\"x\"}} {{ \"https://example.com\" }} {{ \"https://example.com\" }}");
  EXPECT_EQ(With("{{ if eq $externalLabels.missing \"\" }}none{{ end }}"),
            "{{ if eq \"\" \"\" }}none{{ end }}");
  EXPECT_EQ(
      *Template::Compile(With("in {{ $externalLabels.cluster | toUpper }}"))->Expand(Labels(), 0),
      "in A\"B");
}

TEST(ExternalFacts, OtherTextStays) {
  for (const char* text :
       {"", "{{", "}} {{ }}", "$externalLabels.zone", "{{ \"$externalLabels.zone\" }}",
        "{{ `.ExternalURL }}` }}", "{{/* $externalURL */}}", "{{ $labels.externalLabels.zone }}",
        "{{ $x.ExternalLabels.zone }}", "{{ $externalLabelsOf.zone }}", "{{ $externalLabels }}",
        "{{ $labels.zone }} $value", "{{ \"\\\" $externalURL", "{{/* $externalURL"}) {
    EXPECT_EQ(With(text), text);
  }
}

}  // namespace
}  // namespace forewarn
