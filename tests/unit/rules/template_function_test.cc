#include "rules/template_function.h"

#include <gtest/gtest.h>

#include <algorithm>

namespace forewarn::templates {
namespace {

TEST(TemplateFunction, StandsInTheOrderOfItsNumber) {
  for (const Signature& signature : Signatures()) {
    EXPECT_EQ(&SignatureOf(signature.function), &signature) << signature.name;
    EXPECT_EQ(FindSignature(signature.name), &signature);
    EXPECT_LE(signature.least, signature.most) << signature.name;
    EXPECT_FALSE(signature.takes.empty()) << signature.name;
  }
  EXPECT_TRUE(std::ranges::is_sorted(Signatures(), {}, &Signature::function));
}

TEST(TemplateFunction, IsFoundByItsNameAlone) {
  EXPECT_EQ(FindSignature("call"), nullptr);
  EXPECT_EQ(FindSignature(""), nullptr);
  EXPECT_EQ(SuggestFunction("humanise"), "; did you mean 'humanize'?");
}

TEST(TemplateFunction, TakesMoreOfTheLastType) {
  const Signature& sort = SignatureOf(Function::kSortByLabel);
  EXPECT_EQ(sort.TakesAt(0), Type::kText);
  EXPECT_EQ(sort.TakesAt(1), Type::kSamples);
  EXPECT_EQ(sort.TakesAt(5), Type::kSamples);
}

}  // namespace
}  // namespace forewarn::templates
