// What whoever enrols sends as a certificate request, in DER: OpenSSL's parser and our checks behind
// it. Nothing crashes, and what cannot be used is refused as the caller's mistake.

#include <cstddef>
#include <cstdint>
#include <string_view>

#include "base/check.h"
#include "collector/ca.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  std::string_view der(reinterpret_cast<const char*>(data), size);
  forewarn::Status outcome = forewarn::CertificateAuthority::CheckRequest(der);
  FW_CHECK(outcome.ok() || outcome.code() == forewarn::Code::kInvalidArgument);
  FW_CHECK(outcome.ok() || outcome.message().starts_with("csr_der: "));
  FW_CHECK(!outcome.ok() || size <= (16 << 10));
  return 0;
}
