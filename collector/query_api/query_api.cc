#include "collector/query_api/query_api.h"

#include <fmt/format.h>

#include <algorithm>
#include <atomic>
#include <iterator>
#include <string>
#include <string_view>
#include <utility>

#include "collector/doors/door_keeper.h"
#include "collector/fair_pool.h"
#include "collector/query_api/answer_json.h"
#include "collector/query_api/parameters.h"
#include "collector/query_api/rules_json.h"
#include "collector/scoped_series.h"
#include "collector/source_tokens.h"
#include "collector/version.h"
#include "rules/promql/promql.h"

namespace forewarn {
namespace {

constexpr auto kDoor = SourceToken::Door::kQuery;
constexpr std::string_view kJson = "application/json";
constexpr std::string_view kForm = "application/x-www-form-urlencoded";
constexpr std::string_view kValuesBegin = "/api/v1/label/";
constexpr std::string_view kValuesEnd = "/values";
constexpr size_t kWaiting = 64;
constexpr size_t kWaitingBytes = 16 << 20;
constexpr size_t kSelectorsMax = 100;
// As it is sent, which doors.max_waiting_size always has room for; and without what is put around it.
constexpr size_t kAnswerBytesMax = 32 << 20;
constexpr size_t kDataBytesMax = kAnswerBytesMax - 100;
constexpr Duration kShardPatience = 10s;
constexpr Timestamp kBeginning = FromMillis(-1'000'000'000'000'000);
constexpr Timestamp kEnd = FromMillis(1'000'000'000'000'000);
// What of the language and of this API there is; how it is done here is forewarnVersion's.
constexpr std::string_view kSpeaks = "2.42.0";

// How Prometheus calls a failure, and with which status it comes.
struct Kind {
  unsigned http;
  std::string_view name;
};
Kind KindOf(Code code) {
  switch (code) {
    case Code::kInvalidArgument: return {400, "bad_data"};
    case Code::kUnauthenticated: return {401, "unauthorized"};
    case Code::kPermissionDenied: return {403, "forbidden"};
    case Code::kNotFound: return {404, "not_found"};
    case Code::kFailedPrecondition:
    case Code::kResourceExhausted: return {422, "execution"};
    case Code::kCancelled: return {503, "canceled"};
    case Code::kDeadlineExceeded: return {503, "timeout"};
    case Code::kUnavailable: return {503, "unavailable"};
    default: return {500, "internal"};
  }
}

HttpResponse Failure(const Status& status) {
  Kind kind = KindOf(status.code());
  HttpResponse response{kind.http, Failed(kind.name, status.message()), std::string(kJson), {}};
  if (status.code() == Code::kUnavailable) response.headers.emplace_back("Retry-After", "1");
  if (kind.http == 401) response.headers.emplace_back("WWW-Authenticate", "Bearer");
  return response;
}

Status Invalid(std::string_view parameter, const Status& why) {
  return InvalidArgument(fmt::format("invalid parameter \"{}\": {}", parameter, why.message()));
}

// What is wrong with an expression is the asker's mistake; what is wrong with its data is found on the
// way, and is another thing.
Status OnTheWay(const Status& status) {
  if (status.code() != Code::kInvalidArgument) return status;
  return FailedPrecondition(status.message());
}

}  // namespace

struct QueryApi::Impl {
  // One request, while it is answered.
  struct Question {
    const Parameters& parameters;
    const HttpRequest& request;
    const SourceToken& who;
    Desk& desk;
    Timestamp now;
    std::function<bool()> stop;

    ScopedSeries Series() const {
      return ScopedSeries(desk.partitions(), who.customer, kShardPatience, stop);
    }
  };
  using Answer = StatusOr<std::string>;

  explicit Impl(const Parts& parts)
      : parts_(parts),
        keeper_(kDoor, parts.tokens, parts.metrics, parts.clock, parts.tokens_without_tls),
        calls_(static_cast<size_t>(parts.settings.threads), kWaiting, kWaitingBytes) {}

  StatusOr<SourceToken> WhoIs(const HttpRequest& request) const {
    return keeper_.WhoIs(request, parts_.desk() != nullptr);
  }

  std::optional<HttpResponse> Admit(const HttpRequest& request) const {
    StatusOr<SourceToken> who = WhoIs(request);
    if (who.ok()) return std::nullopt;
    keeper_.TurnedAway(request, who.status());
    return Failure(who.status());
  }

  void Later(HttpRequest request, const HttpReply& reply, Answer (Impl::*handle)(const Question&)) {
    // By who it is, not by how it is spelt.
    StatusOr<SourceToken> from = WhoIs(request);
    if (!from.ok()) return reply(Failure(from.status()));
    std::string who = from->customer + "/" + from->source;
    size_t bytes = request.body.size() + request.query.size();
    auto work = [this, request = std::move(request), reply, handle] {
      Answer answer = Ask(request, handle);
      const char* result = "accepted";
      if (!answer.ok()) {
        result = KindOf(answer.status().code()).http == 503 ? "retry" : "refused";
      }
      parts_.metrics.DoorRequestDone(kDoor, result);
      reply(answer.ok() ? HttpResponse{200, Success(*std::move(answer)), std::string(kJson), {}}
                        : Failure(answer.status()));
    };
    bool taken = calls_.Run(who, bytes, std::move(work));
    if (taken) return;
    parts_.metrics.DoorRequestDone(kDoor, "retry");
    reply(Failure(Unavailable("too many queries are waiting; try again later")));
  }

  Answer Ask(const HttpRequest& request, Answer (Impl::*handle)(const Question&)) {
    FW_ASSIGN_OR_RETURN(SourceToken who, WhoIs(request));  // revoked meanwhile, perhaps
    Desk* desk = parts_.desk();
    if (desk == nullptr) return Unavailable("the collector is stopping");
    std::string_view form;
    std::string_view type = request.content_type;
    if (request.method == "POST") {
      if (type.substr(0, type.find(';')) != kForm) {
        return InvalidArgument(fmt::format("parameters are posted as {}", kForm));
      }
      form = request.body;
    }
    FW_ASSIGN_OR_RETURN(Parameters parameters, Parameters::Read(request.query, form));
    StatusOr<std::optional<Duration>> timeout = parameters.Length("timeout");
    if (!timeout.ok()) return Invalid("timeout", timeout.status());
    const Duration patience =
        std::clamp(timeout->value_or(parts_.settings.timeout), 1ms, parts_.settings.timeout);
    const Duration end = parts_.clock.Monotonic() + patience;
    auto stop = [this, end] { return stopping_ || parts_.clock.Monotonic() > end; };
    Answer answer =
        (this->*handle)(Question{parameters, request, who, *desk, parts_.clock.Now(), stop});
    if (answer.ok() && answer->size() > kDataBytesMax) return TooLong();
    if (answer.ok() || answer.status().code() != Code::kCancelled || stopping_) return answer;
    return DeadlineExceeded(fmt::format(
        "the query took longer than {} s; narrow it, or raise query.timeout", ToSeconds(patience)));
  }

  promql::EvalLimits Limits(const Question& question) const {
    promql::EvalLimits limits;
    limits.select.max_series = static_cast<size_t>(parts_.settings.max_series);
    limits.select.max_samples = static_cast<size_t>(parts_.settings.max_samples);
    // Samples that are read, and values on the way: both stay in memory until the end.
    limits.max_operations = 2 * static_cast<uint64_t>(parts_.settings.max_samples);
    limits.stop = question.stop;
    return limits;
  }

  static StatusOr<promql::Expression> Expression(const Question& question) {
    StatusOr<promql::Expression> expression = promql::Parse(question.parameters.Get("query"));
    if (!expression.ok()) return Invalid("query", expression.status());
    return expression;
  }

  static StatusOr<Timestamp> Time(const Question& question, std::string_view name,
                                  std::optional<Timestamp> otherwise) {
    if (!otherwise && question.parameters.Get(name).empty()) {
      return Invalid(name, InvalidArgument("it must be given"));
    }
    StatusOr<Timestamp> at = question.parameters.Time(name, otherwise.value_or(question.now));
    if (!at.ok()) return Invalid(name, at.status());
    return at;
  }

  Answer Query(const Question& question) {
    FW_ASSIGN_OR_RETURN(Timestamp at, Time(question, "time", question.now));
    FW_ASSIGN_OR_RETURN(promql::Expression expression, Expression(question));
    StatusOr<promql::Value> value =
        promql::EvaluateAt(expression, question.Series(), at, Limits(question));
    if (!value.ok()) return OnTheWay(value.status());
    return Written(*value);
  }

  Answer QueryRange(const Question& question) {
    FW_ASSIGN_OR_RETURN(Timestamp from, Time(question, "start", std::nullopt));
    FW_ASSIGN_OR_RETURN(Timestamp to, Time(question, "end", std::nullopt));
    if (to < from) return Invalid("end", InvalidArgument("it is before the start"));
    StatusOr<std::optional<Duration>> step = question.parameters.Length("step");
    if (!step.ok()) return Invalid("step", step.status());
    if (!*step || **step <= Duration(0)) {
      return Invalid("step", InvalidArgument("a duration above 0 must be given, such as 15s"));
    }
    promql::EvalLimits limits = Limits(question);
    if (static_cast<uint64_t>((to - from) / **step) >= limits.max_steps) {
      return Invalid("step", InvalidArgument(fmt::format(
                                 "more than {} points of each series; take a longer step or a "
                                 "shorter time",
                                 limits.max_steps)));
    }
    FW_ASSIGN_OR_RETURN(promql::Expression expression, Expression(question));
    if (!expression.IsInstant()) {
      return Invalid("query", InvalidArgument("a range query needs a scalar or an instant vector; "
                                              "this is a range vector or a string"));
    }
    StatusOr<promql::Matrix> matrix =
        promql::EvaluateRange(expression, question.Series(), from, to, **step, limits);
    if (!matrix.ok()) return OnTheWay(matrix.status());
    return Written(*std::move(matrix));
  }

  static Answer Written(const promql::Value& value) {
    std::string out;
    if (AppendValue(value, kDataBytesMax, out)) return out;
    return TooLong();
  }
  static Status TooLong() {
    return ResourceExhausted(
        fmt::format("the answer is longer than {} MiB; take a longer step, a shorter time or fewer "
                    "series",
                    kAnswerBytesMax >> 20));
  }

  Answer FormatQuery(const Question& question) {
    FW_ASSIGN_OR_RETURN(promql::Expression expression, Expression(question));
    std::string out;
    AppendString(expression.ToString(), out);
    return out;
  }

  // Those of each `match[]`; series match when one of them does.
  static StatusOr<std::vector<Matchers>> Selectors(const Question& question) {
    const std::vector<std::string> texts = question.parameters.All("match[]");
    if (texts.size() > kSelectorsMax) {
      return Invalid("match[]",
                     InvalidArgument(fmt::format("more than {} are given", kSelectorsMax)));
    }
    StatusOr<std::vector<Matchers>> selectors = promql::ParseSelectors(texts);
    if (!selectors.ok()) return Invalid("match[]", selectors.status());
    return selectors;
  }

  Answer Series(const Question& question) {
    FW_ASSIGN_OR_RETURN(std::vector<Matchers> selectors, Selectors(question));
    if (selectors.empty()) {
      return Invalid("match[]", InvalidArgument("at least one must be given, such as up"));
    }
    FW_ASSIGN_OR_RETURN(Timestamp from, Time(question, "start", kBeginning));
    FW_ASSIGN_OR_RETURN(Timestamp to, Time(question, "end", kEnd));
    std::set<Labels> series;
    for (const Matchers& matchers : selectors) {
      FW_ASSIGN_OR_RETURN(std::vector<Labels> found,
                          question.Series().Series(matchers, from, to, Limits(question).select));
      series.insert(std::move_iterator(found.begin()), std::move_iterator(found.end()));
      if (series.size() > Limits(question).select.max_series) {
        return TooManySeries(Limits(question).select);
      }
    }
    std::string out = "[";
    for (const Labels& labels : series) {
      if (out.size() > 1) out += ',';
      AppendLabels(labels, out);
      if (out.size() > kDataBytesMax) return TooLong();
    }
    return out + ']';
  }

  // What `look` finds for each `match[]`, or for all series without.
  template <typename Look>
  Answer Names(const Question& question, const Look& look) {
    FW_ASSIGN_OR_RETURN(std::vector<Matchers> selectors, Selectors(question));
    if (selectors.empty()) selectors.emplace_back();
    std::set<std::string> names;
    for (const Matchers& matchers : selectors) {
      FW_ASSIGN_OR_RETURN(std::set<std::string> found, look(question.Series(), matchers));
      names.merge(found);
    }
    if (names.size() > static_cast<size_t>(parts_.settings.max_series)) {
      return ResourceExhausted(
          fmt::format("there are {}, above the limit of {}; name more in match[], or raise "
                      "query.max_series",
                      names.size(), parts_.settings.max_series));
    }
    std::string out;
    AppendStrings({names.begin(), names.end()}, out);
    return out;
  }

  Answer LabelNames(const Question& question) {
    return Names(question, [](const ScopedSeries& series, const Matchers& matchers) {
      return series.LabelNames(matchers);
    });
  }

  Answer LabelValues(const Question& question) {
    std::string_view path = question.request.path;
    path.remove_prefix(kValuesBegin.size());
    path.remove_suffix(kValuesEnd.size());
    FW_ASSIGN_OR_RETURN(std::string name, Unescape(path, true));
    if (!IsLabelName(name)) {
      return InvalidArgument(fmt::format("invalid label name: '{}'; one is [a-zA-Z_][a-zA-Z0-9_]*",
                                         name.substr(0, 100)));
    }
    return Names(question, [&](const ScopedSeries& series, const Matchers& matchers) {
      return series.LabelValues(name, matchers);
    });
  }

  Answer Rules(const Question& question) {
    return RulesJson(question.desk, question.who.customer, question.parameters);
  }
  Answer Alerts(const Question& question) {
    return AlertsJson(question.desk, question.who.customer);
  }
  Answer NoObjects(const Question&) { return std::string("{}"); }
  Answer NoList(const Question&) { return std::string("[]"); }
  Answer BuildInfo(const Question&) {
    return fmt::format(
        R"({{"version":"{}","revision":"","branch":"","buildUser":"","buildDate":"","goVersion":"",)"
        R"("application":"Forewarn","forewarnVersion":"{}"}})",
        kSpeaks, kVersion);
  }

  const Parts parts_;
  std::atomic<bool> stopping_ = false;
  const DoorKeeper keeper_;
  FairPool calls_;  // the last member: its threads use the others
};

QueryApi::QueryApi(const Parts& parts) : impl_(std::make_unique<Impl>(parts)) {}
QueryApi::~QueryApi() = default;

void QueryApi::Stop() { impl_->stopping_ = true; }

std::vector<HttpRoute> QueryApi::Routes() {
  std::vector<HttpRoute> routes;
  auto add = [&](const std::string& path, bool also_post,
                 StatusOr<std::string> (Impl::*handle)(const Impl::Question&)) {
    HttpRoute route{"GET", path};
    route.admit = [impl = impl_.get()](const HttpRequest& request) { return impl->Admit(request); };
    route.later = [impl = impl_.get(), handle](HttpRequest request, const HttpReply& reply) {
      impl->Later(std::move(request), reply, handle);
    };
    routes.push_back(route);
    if (!also_post) return;
    route.method = "POST";
    routes.push_back(std::move(route));
  };
  add("/api/v1/query", true, &Impl::Query);
  add("/api/v1/query_range", true, &Impl::QueryRange);
  add("/api/v1/format_query", true, &Impl::FormatQuery);
  add("/api/v1/series", true, &Impl::Series);
  add("/api/v1/labels", true, &Impl::LabelNames);
  add(fmt::format("{}*{}", kValuesBegin, kValuesEnd), false, &Impl::LabelValues);
  add("/api/v1/rules", false, &Impl::Rules);
  add("/api/v1/alerts", false, &Impl::Alerts);
  add("/api/v1/metadata", false, &Impl::NoObjects);
  add("/api/v1/query_exemplars", true, &Impl::NoList);
  add("/api/v1/status/buildinfo", false, &Impl::BuildInfo);
  return routes;
}

}  // namespace forewarn
