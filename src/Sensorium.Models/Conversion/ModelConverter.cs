using Sensorium.Models.Loading;
using Sensorium.Weights;

namespace Sensorium.Models.Conversion;

/// <summary>Rewrites checkpoints: folders in the hub's layout as GGUF files and back, and either in other types.</summary>
public static class ModelConverter
{
    /// <summary>Writes a GGUF file. It appears when it is whole; a failed or interrupted run leaves nothing behind.</summary>
    /// <param name="source">A folder in the hub's layout or a GGUF file.</param>
    /// <param name="destination">The file; one that is there is replaced.</param>
    /// <param name="options">Types, and what to do about the tokenizer.</param>
    /// <param name="progress">Told after each tensor.</param>
    /// <param name="cancellation">Stops within a tensor.</param>
    /// <exception cref="CheckpointException">The source is broken, or GGUF cannot say what it is.</exception>
    public static ConversionResult ToGguf(string source, string destination, ConversionOptions? options = null, IProgress<LoadProgress>? progress = null, CancellationToken cancellation = default)
    {
        options ??= new ConversionOptions();
        using GgufDraft draft = GgufDraft.Open(source, options);
        DemandOther(draft.Files, destination);
        return draft.Write(destination, options, progress, cancellation);
    }

    /// <summary>Writes a folder as the hub has it: config, tokenizer and safetensors. It appears when it is whole.</summary>
    /// <param name="source">A GGUF file or a folder.</param>
    /// <param name="destination">The folder; one that is there is replaced.</param>
    /// <param name="options">Types and the size of shards.</param>
    /// <param name="progress">Told after each tensor.</param>
    /// <param name="cancellation">Stops within a tensor.</param>
    /// <exception cref="CheckpointException">The source is broken or of a family that is not supported.</exception>
    public static ConversionResult ToFolder(string source, string destination, ConversionOptions? options = null, IProgress<LoadProgress>? progress = null, CancellationToken cancellation = default)
    {
        using ModelFiles files = ModelFiles.Open(source);
        DemandOther(files.Source.Files, destination);
        return new HubDraft(files, options ?? new ConversionOptions()).Write(destination, progress, cancellation);
    }

    /// <summary>The source must not be replaced by what is made of it.</summary>
    static void DemandOther(IEnumerable<string> files, string destination)
    {
        string full = Path.TrimEndingDirectorySeparator(Path.GetFullPath(destination));
        foreach (string file in files.Select(Path.GetFullPath))
        {
            if (string.Equals(file, full, StringComparison.Ordinal) || file.StartsWith(full + Path.DirectorySeparatorChar, StringComparison.Ordinal))
            {
                throw new CheckpointException(destination, "is what is converted; name another place for the result");
            }
        }
    }
}
