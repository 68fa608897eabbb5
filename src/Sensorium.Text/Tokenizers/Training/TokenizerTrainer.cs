using System.Text;
using Sensorium.Text.Tokenizers.Loading;
using Sensorium.Text.Tokenizers.Unicode;

namespace Sensorium.Text.Tokenizers.Training;

/// <summary>Learns BPE and WordPiece vocabularies that equal those of the tokenizers library on the same corpus.</summary>
public static class TokenizerTrainer
{
    /// <summary>Learns from lines of text; a line's end is not part of it.</summary>
    /// <param name="lines">The corpus.</param>
    /// <param name="options">What to learn.</param>
    /// <param name="progress">Told how many tokens there are, once the corpus has been read.</param>
    /// <param name="cancellation">Stops the learning.</param>
    /// <exception cref="TokenizerException">The options contradict themselves.</exception>
    public static TrainedTokenizer Train(IEnumerable<string> lines, TrainingOptions options, IProgress<int>? progress = null, CancellationToken cancellation = default)
    {
        ArgumentNullException.ThrowIfNull(lines);
        ArgumentNullException.ThrowIfNull(options);
        Check(options);
        var normalizer = Part(options.NormalizerJson, "normalizer", NormalizerReader.Read);
        var preTokenizer = Part(options.PreTokenizerJson, "pre_tokenizer", PreTokenizerReader.Read);
        var counts = new WordCounts(options.MaxWords);
        foreach (string line in lines)
        {
            cancellation.ThrowIfCancellationRequested();
            var text = new NormalizedText(CodePoints.FromString(line), 0);
            normalizer?.Apply(text);
            var segment = new Segment(text);
            preTokenizer?.Apply(segment);
            foreach (var range in segment.Ranges)
            {
                counts.Add(CodePoints.ToText(text.Slice(range)));
            }
        }
        var merger = new PairMerger(options, counts.All);
        merger.Run(progress, cancellation);
        return new(options, merger.Tokens, options.Model == TrainableModel.Bpe ? merger.Merges : []);
    }

    static void Check(TrainingOptions options)
    {
        TokenizerException Error(string key, string problem) => new("training options", key, problem);
        if (options.VocabularySize <= 0) throw Error(nameof(options.VocabularySize), $"{options.VocabularySize} is no size");
        if (options.MaxWords < 1000) throw Error(nameof(options.MaxWords), $"{options.MaxWords} is less than 1000");
        if (options.LimitAlphabet < 0) throw Error(nameof(options.LimitAlphabet), $"{options.LimitAlphabet} is negative");
        if (options.MaxTokenLength <= 0) throw Error(nameof(options.MaxTokenLength), $"{options.MaxTokenLength} is no length");
        if (options.SpecialTokens.Distinct(StringComparer.Ordinal).Count() < options.SpecialTokens.Count) throw Error(nameof(options.SpecialTokens), "a token occurs twice");
        if (options.UnknownToken is { } unknown && !options.SpecialTokens.Contains(unknown, StringComparer.Ordinal)) throw Error(nameof(options.UnknownToken), $"'{unknown}' is not one of the special tokens");
    }

    static T? Part<T>(string? json, string name, Func<JsonAt, T?> read) where T : class
    {
        if (json is null) return null;
        using var document = JsonAt.Parse(Encoding.UTF8.GetBytes(json), name);
        return read(new(document.RootElement, name, ""));
    }
}
