using System.Runtime.CompilerServices;
using System.Threading.Tasks.Sources;

namespace Sensorium.Inference;

/// <summary>
/// An answer in the making. The engine writes tokens into a buffer that was made with the request; one reader takes them
/// out. Disposing it stops the answer.
/// </summary>
public sealed class Generation : IAsyncDisposable, IValueTaskSource<bool>
{
    readonly Lock gate = new();
    readonly int[] tokens;
    readonly Action<Generation> stop;
    ManualResetValueTaskSourceCore<bool> signal = new() { RunContinuationsAsynchronously = true };
    Exception? error;
    int written;
    int taken;
    bool waiting;
    bool done;

    internal Generation(int maxNewTokens, Action<Generation> stop)
    {
        tokens = new int[maxNewTokens];
        this.stop = stop;
    }

    /// <summary>What it cost so far.</summary>
    public GenerationUsage Usage { get; internal set; }

    /// <summary>Why it ended; valid once all tokens were taken.</summary>
    public FinishReason FinishReason { get; private set; }

    internal bool StopRequested { get; private set; }

    /// <summary>The tokens as they are made, the end-of-text token included. For one reader.</summary>
    /// <exception cref="OperationCanceledException">Cancellation was asked for; the engine stops too.</exception>
    public async IAsyncEnumerable<int> ReadAllAsync([EnumeratorCancellation] CancellationToken cancellation = default)
    {
        using CancellationTokenRegistration registration = cancellation.UnsafeRegister(static g => ((Generation)g!).Stop(), this);
        while (true)
        {
            while (TryTake(out int token))
            {
                yield return token;
            }

            if (!await WaitAsync().ConfigureAwait(false))
            {
                cancellation.ThrowIfCancellationRequested();
                yield break;
            }
        }
    }

    /// <summary>Stops the answer; what was made so far can still be read.</summary>
    public void Stop()
    {
        StopRequested = true;
        stop(this);
    }

    /// <summary>Stops the answer.</summary>
    public ValueTask DisposeAsync()
    {
        Stop();
        return default;
    }

    internal void Write(int token)
    {
        lock (gate)
        {
            tokens[written++] = token;
            Wake();
        }
    }

    internal void Finish(FinishReason reason)
    {
        lock (gate)
        {
            if (!done)
            {
                FinishReason = reason;
                done = true;
                Wake();
            }
        }
    }

    internal void Fail(Exception exception)
    {
        lock (gate)
        {
            if (!done)
            {
                error = exception;
                done = true;
                Wake();
            }
        }
    }

    bool TryTake(out int token)
    {
        lock (gate)
        {
            bool some = taken < written;
            token = some ? tokens[taken++] : 0;
            return some;
        }
    }

    void Wake()
    {
        if (waiting)
        {
            waiting = false;
            signal.SetResult(true);
        }
    }

    /// <summary>True when there may be something to take, false at the end.</summary>
    ValueTask<bool> WaitAsync()
    {
        lock (gate)
        {
            if (taken < written)
            {
                return new ValueTask<bool>(true);
            }

            if (done)
            {
                return error is null ? new ValueTask<bool>(false) : ValueTask.FromException<bool>(error);
            }

            signal.Reset();
            waiting = true;
            return new ValueTask<bool>(this, signal.Version);
        }
    }

    bool IValueTaskSource<bool>.GetResult(short token) => signal.GetResult(token);

    ValueTaskSourceStatus IValueTaskSource<bool>.GetStatus(short token) => signal.GetStatus(token);

    void IValueTaskSource<bool>.OnCompleted(Action<object?> continuation, object? state, short token, ValueTaskSourceOnCompletedFlags flags) =>
        signal.OnCompleted(continuation, state, token, flags);
}
