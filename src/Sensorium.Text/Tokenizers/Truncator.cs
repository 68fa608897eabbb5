namespace Sensorium.Text.Tokenizers;

/// <summary>Cuts a text or a pair to a number of tokens (tokenizers' truncate_encodings).</summary>
internal static class Truncator
{
    public static void Apply(List<EncodingBuilder> sequences, Truncation truncation, int added, bool windows, string file)
    {
        if (truncation.MaxLength < 0) throw new TokenizerException(file, "truncation.max_length", $"{truncation.MaxLength} is negative");
        int max = Math.Max(0, truncation.MaxLength - added);
        int total = sequences.Sum(s => s.Count);
        if (total <= max) return;
        if (max == 0)
        {
            for (int i = 0; i < sequences.Count; i++) Cut(i, 0);
            return;
        }
        int remove = total - max;
        if (truncation.Strategy == TruncationStrategy.LongestFirst)
        {
            if (sequences.Count == 1)
            {
                Cut(0, max);
                return;
            }
            // Only the longer gives way until both are equally long.
            int shorter = Math.Min(sequences[0].Count, sequences[1].Count);
            int longer = shorter > max ? shorter : Math.Max(shorter, max - shorter);
            if (shorter + longer > max)
            {
                shorter = max / 2;
                longer = shorter + max % 2;
            }
            bool swapped = sequences[0].Count > sequences[1].Count;
            Cut(0, swapped ? longer : shorter);
            Cut(1, swapped ? shorter : longer);
            return;
        }
        int target = truncation.Strategy == TruncationStrategy.OnlyFirst ? 0 : 1;
        if (target >= sequences.Count) throw new TokenizerException(file, "truncation.strategy", "only the second text is to be cut, but there is none");
        int length = sequences[target].Count;
        if (length <= remove) throw new TokenizerException(file, "truncation.strategy", $"{remove} tokens are too many, but the text that is to be cut has only {length}");
        Cut(target, length - remove);

        void Cut(int i, int length)
        {
            if (length > 0 && length < sequences[i].Count && (truncation.Stride < 0 || truncation.Stride >= length))
            {
                throw new TokenizerException(file, "truncation.stride", $"the stride {truncation.Stride} must be less than the {length} tokens of a window");
            }
            sequences[i] = sequences[i].Truncated(length, truncation.Stride, truncation.Side, windows);
        }
    }
}
