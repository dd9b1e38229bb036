#include "rules/promql/vector_functions.h"

#include <gmock/gmock.h>

#include <vector>

#include "tests/unit/rules/promql/answers.h"

namespace forewarn::promql {
namespace {

TEST(VectorFunctions, AnswerAsPrometheusDoes) {
  CheckAnswers({

  });
}

}  // namespace
}  // namespace forewarn::promql
