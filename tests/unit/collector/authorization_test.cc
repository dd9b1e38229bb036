#include "collector/authorization.h"

#include <gtest/gtest.h>

namespace forewarn {
namespace {

TEST(Authorization, HasASecretBehindBearer) {
  EXPECT_EQ(SecretOf("Bearer fws1.abc"), "fws1.abc");
  EXPECT_EQ(SecretOf("bEARER fws1.abc"), "fws1.abc");
  EXPECT_EQ(SecretOf("Bearer "), "");
  EXPECT_EQ(SecretOf("Bearerfws1.abc"), "");
  EXPECT_EQ(SecretOf(""), "");
  EXPECT_EQ(SecretOf("Digest abc"), "");
}

TEST(Authorization, HasASecretAsPasswordOfBasic) {
  EXPECT_EQ(SecretOf("Basic YTpmd3MxLng="), "fws1.x");               // a:fws1.x
  EXPECT_EQ(SecretOf("basic cHJvbXRvb2w6ZndzMS54eQ=="), "fws1.xy");  // promtool:fws1.xy
  EXPECT_EQ(SecretOf("Basic OmE6Yg=="), "a:b");                      // :a:b
  EXPECT_EQ(SecretOf("Basic YWJj"), "");                             // abc
  for (const char* bad : {"Basic ", "Basic YTpi=", "Basic YT==pi", "Basic Y===", "Basic ====",
                          "Basic YTp*", "Basic YTp ", "Basic \n\n\n\n"}) {
    EXPECT_EQ(SecretOf(bad), "") << bad;
  }
  EXPECT_EQ(SecretOf("Basic " + std::string(1 << 20, 'A')), "");
}

}  // namespace
}  // namespace forewarn
