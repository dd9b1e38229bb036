// What is asked of the query API: the parameters of an address and of a form, and the JSON that foreign text becomes.

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "base/utf8.h"
#include "collector/query_api/answer_json.h"
#include "collector/query_api/parameters.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using forewarn::Duration;
  const std::string_view text(reinterpret_cast<const char*>(data), size);
  std::string json;
  forewarn::AppendString(text, json);
  FW_CHECK(forewarn::Utf8Prefix(json) == json.size());
  for (unsigned char c : json) FW_CHECK(c >= 0x20);

  const size_t half = text.find('\n');
  const std::string_view query = text.substr(0, half);
  const std::string_view form =
      half == std::string_view::npos ? std::string_view() : text.substr(half + 1);
  if (auto plain = forewarn::Unescape(query, true); plain.ok()) {
    FW_CHECK(plain->size() <= query.size());
  }
  auto parameters = forewarn::Parameters::Read(query, form);
  if (!parameters.ok()) return 0;
  for (const char* name : {"time", "start", "end"}) {
    auto at = parameters->Time(name, forewarn::kTimeZero);
    // Far from the ends of 64 bits, so that ranges and offsets fit.
    if (at.ok()) FW_CHECK(at->time_since_epoch() < Duration(1'000'000'000'000'000));
  }
  for (const char* name : {"step", "timeout"}) (void)parameters->Length(name);
  FW_CHECK(parameters->All("match[]").size() <= 2000);
  return 0;
}
