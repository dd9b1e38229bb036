#include <curl/curl.h>
#include <fmt/format.h>

#include <algorithm>
#include <mutex>

#include "base/clock.h"
#include "probe/checks.h"

namespace forewarn {
namespace {

constexpr size_t kBodyMax = 64 << 10;

struct Body {
  std::string text;
};

// Takes the first 64 KiB; what follows is taken off the wire and forgotten.
size_t TakeBody(char* data, size_t, size_t size, void* to) {
  std::string& text = static_cast<Body*>(to)->text;
  text.append(data, std::min(size, kBodyMax - text.size()));
  return size;
}

class HttpCheck : public CheckRunner {
 public:
  explicit HttpCheck(const HttpCheckOptions& options) : options_(options) {
    static std::once_flag once;
    std::call_once(once, [] { curl_global_init(CURL_GLOBAL_DEFAULT); });
  }

  CheckResult Run() override {
    CheckResult result;
    SystemClock clock;
    Duration started = clock.Monotonic();
    std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(), curl_easy_cleanup);
    Body body;
    char error[CURL_ERROR_SIZE] = {};
    curl_easy_setopt(curl.get(), CURLOPT_URL, options_.url.c_str());
    curl_easy_setopt(curl.get(), CURLOPT_PROTOCOLS_STR, "http,https");
    curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
    curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT_MS, static_cast<long>(options_.timeout.count()));
    curl_easy_setopt(curl.get(), CURLOPT_USERAGENT, "forewarn-probe");
    curl_easy_setopt(curl.get(), CURLOPT_WRITEFUNCTION, TakeBody);
    curl_easy_setopt(curl.get(), CURLOPT_WRITEDATA, &body);
    curl_easy_setopt(curl.get(), CURLOPT_ERRORBUFFER, error);
    if (!options_.ca_file.empty())
      curl_easy_setopt(curl.get(), CURLOPT_CAINFO, options_.ca_file.c_str());
    CURLcode code = curl_easy_perform(curl.get());
    long status = 0;
    curl_easy_getinfo(curl.get(), CURLINFO_RESPONSE_CODE, &status);
    result.took = clock.Monotonic() - started;

    if (code != CURLE_OK) {
      result.message = error[0] != '\0' ? error : curl_easy_strerror(code);
    } else if (status != options_.expected_status) {
      result.message =
          fmt::format("status {} where {} was expected", status, options_.expected_status);
    } else if (body.text.find(options_.expected_body) == std::string::npos) {
      result.message = fmt::format("status {}, but the expected text is not in the body", status);
    } else {
      result.verdict = Verdict::kPassing;
      result.message = fmt::format("status {}", status);
    }
    return result;
  }

 private:
  const HttpCheckOptions options_;
};

}  // namespace

std::unique_ptr<CheckRunner> MakeHttpCheck(const HttpCheckOptions& options) {
  return std::make_unique<HttpCheck>(options);
}

}  // namespace forewarn
