-- Each request as benchmarks/bodies.py wrote it: whole, signed and distinct, after its length in six digits.
local file = assert(io.open(os.getenv("BENCH_REQUESTS"), "rb"))

function request()
    local size = file:read(6)
    if size == nil then
        file:seek("set")
        size = file:read(6)
    end
    return file:read(tonumber(size))
end

function done(summary, latency)
    local errors = summary.errors
    io.write(string.format(
        'RESULT {"requests": %d, "seconds": %f, "p50_ms": %f, "p99_ms": %f, "errors": %d}\n',
        summary.requests, summary.duration / 1e6, latency:percentile(50) / 1e3, latency:percentile(99) / 1e3,
        errors.connect + errors.read + errors.write + errors.status + errors.timeout))
end
