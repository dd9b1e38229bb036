#include "collector/doors/inflate.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <snappy.h>
#include <zlib.h>

namespace forewarn {
namespace {

using testing::HasSubstr;

std::string Gzip(const std::string& text) {
  z_stream stream = {};
  EXPECT_EQ(deflateInit2(&stream, 9, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&stream, text.size()) + 64, '\0');
  std::string in = text;
  stream.next_in = reinterpret_cast<Bytef*>(in.data());
  stream.avail_in = static_cast<uInt>(in.size());
  stream.next_out = reinterpret_cast<Bytef*>(out.data());
  stream.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&stream, Z_FINISH), Z_STREAM_END);
  out.resize(stream.total_out);
  deflateEnd(&stream);
  return out;
}

std::string Snap(const std::string& text) {
  std::string out;
  snappy::Compress(text.data(), text.size(), &out);
  return out;
}

TEST(Inflate, GivesBackWhatWasCompressed) {
  std::string text;
  for (int i = 0; i < 50'000; ++i) text += std::to_string(i);
  EXPECT_EQ(*Gunzip(Gzip(text), 1 << 20), text);
  EXPECT_EQ(*Unsnappy(Snap(text), 1 << 20), text);
  EXPECT_EQ(*Gunzip(Gzip(""), 10), "");
  EXPECT_EQ(*Unsnappy(Snap(""), 10), "");
}

TEST(Inflate, JoinsTheMembersOfAGzipFile) {
  EXPECT_EQ(*Gunzip(Gzip("ab") + Gzip("") + Gzip("cd"), 10), "abcd");
}

TEST(Inflate, TakesNoMoreMembersThanAnyoneMakes) {
  std::string members;
  for (int i = 0; i < 64; ++i) members += Gzip("");
  EXPECT_TRUE(Gunzip(members, 10).ok());
  Status refused = Gunzip(members + Gzip(""), 10).status();
  EXPECT_EQ(refused.code(), Code::kInvalidArgument);
  EXPECT_THAT(refused.message(), HasSubstr("more than 64 members"));
}

TEST(Inflate, TakesExactlyTheLimitAndNotOneByteMore) {
  std::string text(100'000, 'x');
  EXPECT_TRUE(Gunzip(Gzip(text), 100'000).ok());
  EXPECT_EQ(Gunzip(Gzip(text), 99'999).status().code(), Code::kResourceExhausted);
  EXPECT_TRUE(Unsnappy(Snap(text), 100'000).ok());
  EXPECT_EQ(Unsnappy(Snap(text), 99'999).status().code(), Code::kResourceExhausted);
}

TEST(Inflate, RefusesABombWithoutHoldingWhatComesOut) {
  std::string bomb = Gzip(std::string(64 << 20, '\0'));
  ASSERT_LT(bomb.size(), 100'000u);
  Status refused = Gunzip(bomb, 1 << 20).status();
  EXPECT_EQ(refused.code(), Code::kResourceExhausted);
  EXPECT_THAT(refused.message(), HasSubstr("doors.max_request_size"));
  // Snappy states a length of almost 4 GiB, and nothing is behind it.
  EXPECT_EQ(Unsnappy("\xff\xff\xff\xff\x0f", 64 << 20).status().code(), Code::kResourceExhausted);
  EXPECT_EQ(Unsnappy(std::string("\x80\x80\x80\x10", 4), 64 << 20).status().code(),
            Code::kInvalidArgument);
}

TEST(Inflate, RefusesWhatIsDamagedOrCutShort) {
  std::string zipped = Gzip(std::string(1000, 'x') + "and an end");
  for (size_t size = 0; size < zipped.size(); ++size) {
    EXPECT_EQ(Gunzip(zipped.substr(0, size), 10'000).status().code(), Code::kInvalidArgument)
        << size;
  }
  EXPECT_FALSE(Gunzip(zipped + "x", 10'000).ok());
  std::string wrong_sum = zipped;
  wrong_sum[wrong_sum.size() - 6] ^= 1;
  EXPECT_FALSE(Gunzip(wrong_sum, 10'000).ok());
  std::string snapped = Snap(std::string(1000, 'x') + "and an end");
  for (size_t size = 0; size < snapped.size(); ++size) {
    EXPECT_EQ(Unsnappy(snapped.substr(0, size), 10'000).status().code(), Code::kInvalidArgument);
  }
}

TEST(Inflate, TellsTheFramedFormOfSnappyFromABlock) {
  EXPECT_EQ(Unsnappy(std::string("\xff\x06\x00\x00sNaPpY", 10), 1 << 20).status().code(),
            Code::kInvalidArgument);
}

}  // namespace
}  // namespace forewarn
