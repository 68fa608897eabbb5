using Sensorium.Weights;

namespace Sensorium.Cli.Console;

/// <summary>Shows how far reading or writing weights is.</summary>
sealed class LoadingProgress(Progress progress) : IProgress<LoadProgress>
{
    /// <inheritdoc/>
    public void Report(LoadProgress value) => progress.Report(value.BytesTotal == 0 ? 1 : (double)value.BytesDone / value.BytesTotal);
}
