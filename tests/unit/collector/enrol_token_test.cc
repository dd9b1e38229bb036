#include "collector/enrol_token.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace forewarn {
namespace {

const std::string kFingerprint(64, 'a');

TEST(EnrolToken, IsGoodForTheCollectorThatMadeIt) {
  std::string token = MakeEnrolToken(kFingerprint);
  EXPECT_TRUE(CheckEnrolToken(token, kFingerprint).ok());
  EXPECT_THAT(CheckEnrolToken(token, std::string(64, 'b')).message(),
              testing::HasSubstr("another collector"));
}

TEST(EnrolToken, IsDifferentEachTime) {
  EXPECT_NE(MakeEnrolToken(kFingerprint), MakeEnrolToken(kFingerprint));
}

TEST(EnrolToken, IsRefusedInEveryOtherForm) {
  std::string token = MakeEnrolToken(kFingerprint);
  std::string upper = token;
  upper[10] = 'Z';
  std::string no_dot = token;
  no_dot[68] = 'a';
  for (const std::string& text : {std::string(), std::string("fw1."), token + "\n", " " + token,
                                  token.substr(1), upper, no_dot, "fw2" + token.substr(3)}) {
    EXPECT_THAT(CheckEnrolToken(text, kFingerprint).message(),
                testing::HasSubstr("not an enrolment token"))
        << text;
  }
}

}  // namespace
}  // namespace forewarn
