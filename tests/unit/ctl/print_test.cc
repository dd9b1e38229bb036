#include "ctl/print.h"

#include <gtest/gtest.h>

#include <limits>

#include "forewarn/v1/operate.pb.h"

namespace forewarn {
namespace {

TEST(Table, ColumnsAreAsWideAsTheirWidestCell) {
  Table table({"NAME", "STATE", "N"});
  table.Add({"a", "firing", "1"});
  table.Add({"longer", "", "22"});
  EXPECT_EQ(table.ToString("none"),
            "NAME    STATE   N\n"
            "a       firing  1\n"
            "longer  -       22\n");
  EXPECT_EQ(Table({"NAME"}).ToString("No things."), "No things.\n");
}

TEST(Table, ChineseCharactersTakeTwoColumns) {
  Table table({"TITLE", "N"});
  table.Add({"磁盘将满", "1"});
  table.Add({"éa", "2"});
  EXPECT_EQ(table.ToString(""),
            "TITLE     N\n"
            "磁盘将满  1\n"
            "éa        2\n");
}

TEST(Print, WhatOthersWroteCannotCommandTheTerminal) {
  EXPECT_EQ(Printable("a\x1b[31mb\nc\td\x7f"), "a\\x1b[31mb\\x0ac\\x09d\\x7f");
  EXPECT_EQ(Printable("a\nb\r", true), "a\nb\\x0d");
  EXPECT_EQ(Printable("\xc2\x9b"
                      "31m é"),
            "\\x9b31m é")
      << "the one-byte form of ESC [";
  Table table({"T"});
  table.Add({"\x1b]0;x\x07"});
  EXPECT_EQ(table.ToString("").find('\x1b'), std::string::npos);
}

TEST(Print, JsonHasEveryFieldByItsOwnName) {
  v1::TokenInfo token;
  token.set_id("0123456789ab");
  token.set_created_at_ms(5);
  std::string json = Json(token);
  EXPECT_NE(json.find("\"created_at_ms\": \"5\""), std::string::npos) << json;
  EXPECT_NE(json.find("\"used_by\": \"\""), std::string::npos) << json;
}

TEST(Print, TimesAndNumbers) {
  EXPECT_EQ(TimeText(0), "-");
  EXPECT_EQ(TimeText(1'777'629'600'000), "2026-05-01T10:00:00Z");
  EXPECT_EQ(NumberText(0.5), "0.5");
  EXPECT_EQ(NumberText(3), "3");
  EXPECT_EQ(NumberText(std::numeric_limits<double>::quiet_NaN()), "NaN");
  EXPECT_EQ(NumberText(-std::numeric_limits<double>::infinity()), "-Inf");
  EXPECT_EQ(Field("severity", ""), "severity          -\n");
}

}  // namespace
}  // namespace forewarn
