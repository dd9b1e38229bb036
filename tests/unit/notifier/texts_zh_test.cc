// What is Chinese alone; catalogue_test.cc holds what is true of every language.

#include <gtest/gtest.h>

#include "notifier/catalogue.h"

namespace forewarn {
namespace {

TEST(TextsZh, TimesAreWrittenFromTheYearDown) {
  EXPECT_EQ(kChinese.format_time(FromMillis(1'777'629'600'000) + 8h, 28800s),
            "2026年5月1日 18:00（UTC+08:00）");
}

TEST(TextsZh, HasAWordForEverySeverity) {
  for (Severity severity :
       {Severity::kInfo, Severity::kWarning, Severity::kError, Severity::kCritical}) {
    Facts facts = {{"severity", std::string(SeverityName(severity))}};
    EXPECT_TRUE(Substitute("{severity|word}", kChinese, facts, TimeZone()).ok());
  }
}

}  // namespace
}  // namespace forewarn
