using System.Globalization;
using Sensorium.Models.Systems;

namespace Sensorium.Inference;

/// <summary>Checks ids that callers give before they share a pass with others.</summary>
static class Vocabulary
{
    /// <param name="ids">The ids.</param>
    /// <param name="size">Tokens of the vocabulary.</param>
    /// <param name="model">Whose vocabulary it is.</param>
    /// <param name="where">What the ids are, for the message.</param>
    /// <param name="first">Where the first of them stands in it.</param>
    /// <exception cref="RequestException">One is not in the vocabulary; the message names it, its place and the vocabulary's size.</exception>
    public static void Check(ReadOnlySpan<int> ids, int size, string model, string where, int first = 0)
    {
        for (int i = 0; i < ids.Length; i++)
        {
            if ((uint)ids[i] >= (uint)size)
            {
                throw new RequestException(RequestError.UnsupportedContent, string.Create(CultureInfo.InvariantCulture, $"the {where} has the token id {ids[i]} at position {first + i}; the vocabulary of {model} has {size} tokens, ids are 0 to {size - 1}"));
            }
        }
    }
}
