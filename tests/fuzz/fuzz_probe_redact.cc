// Redaction and templates of any log line: both end, are UTF-8, and a second pass changes nothing
// that a pseudonym stands for.
#include <cstdint>
#include <string>
#include <string_view>

#include "base/check.h"
#include "model/message_template.h"
#include "probe/redact.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  static const std::unique_ptr<forewarn::Redactor> redactor = [] {
    forewarn::RedactionOptions options;
    options.key = std::string(32, 'k');
    return *forewarn::Redactor::Make(std::move(options));
  }();
  std::string_view line(reinterpret_cast<const char*>(data), size);
  std::string redacted = redactor->Redact(line);
  FW_CHECK(forewarn::ValidUtf8(redacted) == redacted);
  std::string text = forewarn::MessageTemplate(redacted);
  FW_CHECK(text.size() <= 1024 + 3);
  FW_CHECK(forewarn::ValidUtf8(text) == text);
  return 0;
}
