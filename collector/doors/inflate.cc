#include "collector/doors/inflate.h"

#include <fmt/format.h>
#include <snappy.h>
#include <zlib.h>

#include <algorithm>

namespace forewarn {
namespace {

constexpr int kGzipOnly = 15 + 16;  // zlib's own notation: the largest window, and gzip's header
constexpr size_t kStep = 64 << 10;
constexpr int kMaxMembers = 64;  // all senders make one; beginning each takes a while

Status TooLarge(size_t limit) {
  return ResourceExhausted(
      fmt::format("decompressed, the body is longer than {} bytes; send smaller requests, or raise "
                  "doors.max_request_size",
                  limit));
}

}  // namespace

StatusOr<std::string> Gunzip(std::string_view compressed, size_t limit) {
  z_stream stream = {};
  if (inflateInit2(&stream, kGzipOnly) != Z_OK) return Unavailable("no memory to decompress");
  // zlib's interface takes the input as not const, and leaves it alone.
  stream.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(compressed.data()));
  stream.avail_in = static_cast<uInt>(compressed.size());
  std::string out;
  size_t have = 0;
  int members = 1;
  int result = Z_OK;
  while (true) {
    // One byte above the limit tells "just fits" from "too large".
    if (have == out.size()) out.resize(std::min(std::max(kStep, 2 * have), limit + 1));
    size_t room = std::min(out.size() - have, size_t{UINT32_MAX});
    stream.next_out = reinterpret_cast<Bytef*>(out.data() + have);
    stream.avail_out = static_cast<uInt>(room);
    result = inflate(&stream, Z_NO_FLUSH);
    have += room - stream.avail_out;
    if (have > limit) break;
    if (result == Z_STREAM_END) {
      if (stream.avail_in == 0 || ++members > kMaxMembers) break;
      result = inflateReset2(&stream, kGzipOnly);  // the next member
    }
    if (result != Z_OK || (stream.avail_in == 0 && stream.avail_out != 0)) break;
  }
  std::string reason = stream.msg == nullptr ? "it ends too early" : stream.msg;
  inflateEnd(&stream);
  if (have > limit) return TooLarge(limit);
  if (members > kMaxMembers) {
    return InvalidArgument(
        fmt::format("the body is gzip of more than {} members; compress it as one", kMaxMembers));
  }
  if (result != Z_STREAM_END) {
    return InvalidArgument(fmt::format("the body is not gzip, as its header says: {}", reason));
  }
  out.resize(have);
  return out;
}

StatusOr<std::string> Unsnappy(std::string_view compressed, size_t limit) {
  size_t length = 0;
  if (!snappy::GetUncompressedLength(compressed.data(), compressed.size(), &length)) {
    return InvalidArgument("the body is not a snappy block, which begins with its length");
  }
  if (length > limit) return TooLarge(limit);
  // A block cannot shrink its text below a twentieth or so; what promises more is checked before it
  // is believed with memory.
  if (!snappy::IsValidCompressedBuffer(compressed.data(), compressed.size())) {
    return InvalidArgument(
        "the body is not a snappy block; the framed form of snappy is not taken here");
  }
  std::string out;
  if (!snappy::Uncompress(compressed.data(), compressed.size(), &out)) {
    return InvalidArgument("the body is not a snappy block");
  }
  return out;
}

}  // namespace forewarn
