#include "base/bytes.h"

#include <gtest/gtest.h>

#include <limits>

namespace forewarn {
namespace {

TEST(Bytes, ReadsBackEveryPrimitive) {
  Encoder out;
  out.U8(0xab);
  out.Key16(0x1234);
  out.Key32(0x12345678);
  out.Key64(0x123456789abcdef0);
  out.Fixed32(0xdeadbeef);
  out.Fixed64(0xfeedfacecafebeef);
  out.Varint(std::numeric_limits<uint64_t>::max());
  out.Signed(std::numeric_limits<int64_t>::min());
  out.Signed(-1);
  out.Double(-0.5);
  out.Bytes("hello");
  out.Raw("!");

  Decoder in(out.str());
  EXPECT_EQ(in.U8(), 0xab);
  EXPECT_EQ(in.Key16(), 0x1234);
  EXPECT_EQ(in.Key32(), 0x12345678u);
  EXPECT_EQ(in.Key64(), 0x123456789abcdef0u);
  EXPECT_EQ(in.Fixed32(), 0xdeadbeefu);
  EXPECT_EQ(in.Fixed64(), 0xfeedfacecafebeefu);
  EXPECT_EQ(in.Varint(), std::numeric_limits<uint64_t>::max());
  EXPECT_EQ(in.Signed(), std::numeric_limits<int64_t>::min());
  EXPECT_EQ(in.Signed(), -1);
  EXPECT_EQ(in.Double(), -0.5);
  EXPECT_EQ(in.Bytes(), "hello");
  EXPECT_EQ(in.Rest(), "!");
  EXPECT_TRUE(in.Finish("test").ok());
}

TEST(Bytes, BytesThatAreWrittenInPlaceAreThoseWrittenAtOnce) {
  for (size_t size : {size_t{0}, size_t{1}, size_t{127}, size_t{128}, size_t{16383}, size_t{16384},
                      size_t{3} << 20}) {
    const std::string text(size, 'x');
    Encoder whole;
    whole.Bytes("before");
    Encoder inner;
    inner.Bytes(text);
    inner.U8(7);
    whole.Bytes(inner.str());
    whole.Raw("after");

    Encoder in_place;
    in_place.Bytes("before");
    const size_t outer_begin = in_place.BeginBytes();
    const size_t inner_begin = in_place.BeginBytes();
    in_place.Raw(text);
    in_place.EndBytes(inner_begin);
    in_place.U8(7);
    in_place.EndBytes(outer_begin);
    in_place.Raw("after");
    EXPECT_TRUE(in_place.str() == whole.str()) << size;
  }
}

TEST(Bytes, KeysSortAsTheirNumbersDo) {
  auto key = [](uint64_t v) {
    Encoder out;
    out.Key64(v);
    return out.Take();
  };
  EXPECT_LT(key(1), key(256));
  EXPECT_LT(key(255), key(256));
  EXPECT_LT(key(1ull << 40), key(1ull << 63));
}

TEST(Bytes, AFailedReadStaysFailedAndYieldsZeroes) {
  Encoder out;
  out.Varint(9);  // a length that promises more than there is
  out.Raw("abc");
  Decoder in(out.str());
  EXPECT_EQ(in.Bytes(), "");
  EXPECT_TRUE(in.failed());
  EXPECT_EQ(in.U8(), 0);
  EXPECT_EQ(in.Finish("header").message(), "header: cut short or damaged");
}

TEST(Bytes, NothingMayBeLeftOver) {
  Decoder in("abc");
  in.U8();
  EXPECT_EQ(in.Finish("header").message(), "header: 2 bytes too many");
}

TEST(Bytes, AVarintEndsWithin64Bits) {
  EXPECT_TRUE([] {
    Decoder in("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x02");
    in.Varint();
    return in.failed();
  }()) << "the tenth byte may hold one bit";
  EXPECT_TRUE([] {
    Decoder in("\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x80\x01");
    in.Varint();
    return in.failed();
  }()) << "no more than ten bytes";
  Decoder in("\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01");
  EXPECT_EQ(in.Varint(), std::numeric_limits<uint64_t>::max());
  EXPECT_FALSE(in.failed());
}

}  // namespace
}  // namespace forewarn
