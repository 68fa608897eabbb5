namespace Sensorium.Weights;

/// <summary>A checkpoint that cannot be read or does not fit its model. The message names the file, the key or tensor at fault and what to do.</summary>
public sealed class CheckpointException : Exception
{
    /// <summary>A fault of a file.</summary>
    /// <param name="file">The file or folder at fault.</param>
    /// <param name="message">What is wrong, with the key or tensor, and what to do.</param>
    /// <param name="inner">What was caught, if anything.</param>
    public CheckpointException(string file, string message, Exception? inner = null)
        : base($"{file}: {message}", inner) => File = file;

    /// <summary>A fault of one key or tensor of a file.</summary>
    /// <param name="file">The file or folder at fault.</param>
    /// <param name="item">The metadata key, config key or tensor at fault.</param>
    /// <param name="message">What is wrong with it, and what to do.</param>
    /// <param name="inner">What was caught, if anything.</param>
    public CheckpointException(string file, string item, string message, Exception? inner = null)
        : base($"{file}: '{item}' {message}", inner)
    {
        File = file;
        Item = item;
    }

    /// <summary>The file or folder at fault.</summary>
    public string File { get; }

    /// <summary>The metadata key, config key or tensor at fault, if it is one.</summary>
    public string? Item { get; }
}
