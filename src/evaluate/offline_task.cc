#include "evaluate/offline_task.h"

#include "base/format.h"

namespace freshet {

Result<void> OfflineTask::Close() {
  operator_->CloseBatch(*this);
  ++sequence_;
  if (state_.Failure()) return *state_.Failure();
  if (failure_) return *failure_;
  return {};
}

void OfflineTask::Reject(const Record& record, Rejection rejection) {
  if (failure_) return;
  failure_ = MakeError(ErrorCode::kInvalidArgument,
                       fmt::format("an event of \"{}\" is refused: {} ({})", record.key.value_or(""),
                                   rejection.message, rejection.fix_hint));
}

void OfflineTask::Skip(std::string why) {
  if (!failure_) failure_ = MakeError(ErrorCode::kCorrupt, std::move(why));
}

}  // namespace freshet
