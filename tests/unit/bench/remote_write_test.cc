#include "bench/remote_write.h"

#include <gtest/gtest.h>
#include <snappy.h>

#include <string>
#include <vector>

namespace forewarn::bench {
namespace {

std::string Uncompressed(const std::string& body) {
  std::string message;
  EXPECT_TRUE(snappy::Uncompress(body.data(), body.size(), &message));
  return message;
}

TEST(RemoteWriteBody, IsAWriteRequestUnderSnappy) {
  RemoteWriteBody body;
  std::vector<RemoteWriteBody::Point> points = {{FromMillis(300), 1.0}, {FromMillis(301), 2.0}};
  body.Add(RemoteWriteBody::EncodeLabels(Labels{{"__name__", "up"}, {"job", "n"}}), points);
  EXPECT_EQ(body.samples(), 2U);
  constexpr char kMessage[] =
      "\x0a\x36"
      "\x0a\x0e\x0a\x08__name__\x12\x02up"
      "\x0a\x08\x0a\x03job\x12\x01n"
      "\x12\x0c\x09\x00\x00\x00\x00\x00\x00\xf0\x3f\x10\xac\x02"
      "\x12\x0c\x09\x00\x00\x00\x00\x00\x00\x00\x40\x10\xad\x02";
  EXPECT_EQ(Uncompressed(body.Finish()), std::string(kMessage, sizeof kMessage - 1));
}

TEST(RemoteWriteBody, BeginsAnewOnceFinished) {
  RemoteWriteBody body;
  std::vector<RemoteWriteBody::Point> points = {{FromMillis(1'780'000'000'000), 1.5}};
  std::string labels = RemoteWriteBody::EncodeLabels(Labels{{"__name__", "up"}});
  body.Add(labels, points);
  std::string first = body.Finish();
  EXPECT_EQ(body.samples(), 0U);
  body.Add(labels, points);
  EXPECT_EQ(body.Finish(), first);
}

}  // namespace
}  // namespace forewarn::bench
