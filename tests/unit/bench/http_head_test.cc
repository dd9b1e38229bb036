#include "bench/http_head.h"

#include <gtest/gtest.h>

namespace forewarn::bench {
namespace {

TEST(HttpHead, FindsAHeaderWhateverItsCase) {
  constexpr std::string_view kHead =
      "POST / HTTP/1.1\r\nX-Content-Length: 7\r\ncontent-LENGTH:  12\r\nEmpty:\r\n";
  EXPECT_EQ(HeaderOf(kHead, "Content-Length"), "12");
  EXPECT_EQ(HeaderOf(kHead, "empty"), "");
  EXPECT_EQ(HeaderOf(kHead, "Length"), "");
  EXPECT_EQ(HeaderOf("", "Length"), "");
}

TEST(HttpHead, ReadsAWholeNumberAndNothingElse) {
  EXPECT_EQ(ParseSize("204", 10), 204U);
  EXPECT_EQ(ParseSize("1f", 16), 31U);
  for (std::string_view text : {"", "12 ", "-1", "1f", "99999999999999999999999"}) {
    EXPECT_EQ(ParseSize(text, 10), std::nullopt) << text;
  }
}

}  // namespace
}  // namespace forewarn::bench
