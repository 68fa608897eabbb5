namespace Sensorium.Text.Tokenizers;

/// <summary>The steps before the model.</summary>
/// <param name="Normalized">What the normalizer makes of a text.</param>
/// <param name="PreTokens">The pieces that the pre-tokenizer makes of that.</param>
public sealed record TokenizerTrace(string Normalized, IReadOnlyList<PreToken> PreTokens);

/// <summary>A piece that the model looks at by itself.</summary>
/// <param name="Text">Its text, as the pre-tokenizer leaves it.</param>
/// <param name="Start">Where it begins in the normalized text, in code points.</param>
/// <param name="End">Where it ends, in code points.</param>
public readonly record struct PreToken(string Text, int Start, int End);
