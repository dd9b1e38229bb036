#include "rules/template_field.h"

#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace forewarn::templates {
namespace {

const Timestamp kAt = FromMillis(1'772'409'600'250);  // Monday, 2026-03-02 00:00:00.250 UTC

std::string Field(const Value& of, std::string_view name, std::vector<Value> arguments = {}) {
  const auto field = FieldOf(of, name, arguments);
  return field.ok() ? Print(*field) : "failed: " + field.status().message();
}

TEST(TemplateField, IsAPartOfItsValue) {
  const Labels labels = {{"a", "1"}};
  const Facts facts{labels, 0.5};
  const auto sample =
      std::make_shared<const promql::VectorSample>(promql::VectorSample{labels, kAt, 5});
  EXPECT_EQ(Field(&labels, "a"), "1");
  EXPECT_EQ(Field(&labels, "b"), "");
  EXPECT_EQ(Field(&facts, "Labels"), "map[a:1]");
  EXPECT_EQ(Field(&facts, "Value"), "0.5");
  EXPECT_EQ(Field(&facts, "ExternalLabels"), "map[]");
  EXPECT_EQ(Field(&facts, "ExternalURL"), "");
  EXPECT_EQ(Field(sample, "Labels"), "map[a:1]");
  EXPECT_EQ(Field(sample, "Value"), "5");
  EXPECT_EQ(Field(sample, "value"), "failed: a sample has no 'value'");
  EXPECT_EQ(Field(1.5, "a"), "failed: a number has no 'a'");
  EXPECT_EQ(Field(&labels, "a", {Value(1.5)}),
            "failed: 'a' of the labels takes 0 arguments, not 1");
  const auto given = std::make_shared<const Arguments>(Arguments{{{"arg0", Value(true)}}, 1});
  EXPECT_EQ(Field(given, "arg0"), "true");
  EXPECT_EQ(Field(given, "arg1"), "<no value>");
}

TEST(TemplateField, IsAskedOfATime) {
  EXPECT_EQ(Field(kAt, "Unix"), "1772409600");
  EXPECT_EQ(Field(kAt, "UnixMilli"), "1772409600250");
  EXPECT_EQ(Field(kAt, "Year"), "2026");
  EXPECT_EQ(Field(kAt, "Month"), "March");
  EXPECT_EQ(Field(kAt, "Day"), "2");
  EXPECT_EQ(Field(kAt, "Weekday"), "Monday");
  EXPECT_EQ(Field(kAt, "YearDay"), "61");
  EXPECT_EQ(Field(kAt, "Format", {Value(std::string("2006-01-02"))}), "2026-03-02");
  EXPECT_EQ(Field(kAt, "Format", {Value(int64_t{1})}), "failed: 'Format' of a time needs a text");
  EXPECT_EQ(Field(kAt, "Zone"), "failed: a time has no 'Zone'");
}

TEST(TemplateField, WritesATimeInGosLayouts) {
  const Timestamp at = FromMillis(1'772'464'149'007);  // 2026-03-02 15:09:09.007
  EXPECT_EQ(FormatGoTime(at, "Mon Jan _2 15:04:05 2006"), "Mon Mar  2 15:09:09 2026");
  EXPECT_EQ(FormatGoTime(at, "Monday, 02-Jan-06 15:04:05 MST"), "Monday, 02-Mar-26 15:09:09 UTC");
  EXPECT_EQ(FormatGoTime(at, "2006-01-02T15:04:05.000Z07:00"), "2026-03-02T15:09:09.007Z");
  EXPECT_EQ(FormatGoTime(at, "January 2, 3:04 PM"), "March 2, 3:09 PM");
  EXPECT_EQ(FormatGoTime(at, "day 002 -0700"), "day 061 +0000");
}

TEST(TemplateField, HasATypeWhereItIsKnown) {
  EXPECT_EQ(TypeOfField(Type::kSample, "Value"), Type::kNumber);
  EXPECT_EQ(TypeOfField(Type::kSample, "Time"), std::nullopt);
  EXPECT_EQ(TypeOfField(Type::kLabels, "x"), Type::kText);
  EXPECT_EQ(TypeOfField(Type::kAny, "x"), Type::kAny);
  EXPECT_EQ(TypeOfField(Type::kTime, "Unix"), Type::kInteger);
  EXPECT_EQ(TypeOfField(Type::kText, "x"), std::nullopt);
  EXPECT_EQ(ArgumentsOfField(Type::kTime, "Format"), 1u);
  EXPECT_EQ(ArgumentsOfField(Type::kTime, "Unix"), 0u);
}

}  // namespace
}  // namespace forewarn::templates
