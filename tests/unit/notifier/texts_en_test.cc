// What is English alone; catalogue_test.cc holds what is true of every language.

#include <gtest/gtest.h>

#include "notifier/catalogue.h"

namespace forewarn {
namespace {

TEST(TextsEn, TimesNameTheMonthSoThatNobodyMistakesItForTheDay) {
  EXPECT_EQ(kEnglish.format_time(FromMillis(1'777'629'600'000) + 2h, 7200s),
            "1 May 2026, 12:00 (UTC+02:00)");
}

TEST(TextsEn, HasAWordForEverySeverity) {
  for (Severity severity :
       {Severity::kInfo, Severity::kWarning, Severity::kError, Severity::kCritical}) {
    Facts facts = {{"severity", std::string(SeverityName(severity))}};
    EXPECT_TRUE(Substitute("{severity|word}", kEnglish, facts, TimeZone()).ok());
  }
}

}  // namespace
}  // namespace forewarn
