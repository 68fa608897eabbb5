using Sensorium.Text.Tokenizers.Models;

namespace Sensorium.Text.Tokenizers.Loading.Folders;

/// <summary>The added tokens of a slow tokenizer, and which tokens have the roles that its settings name.</summary>
internal sealed class FolderTokens
{
    readonly TokenizerSettings settings;
    readonly List<AddedToken> added;
    readonly Func<string, int> idOf;

    /// <param name="vocabulary">The tokens of the vocabulary's file.</param>
    /// <param name="settings">What stands beside it.</param>
    /// <param name="own">Added tokens that the file itself has.</param>
    /// <param name="additional">Special tokens that the class adds.</param>
    public FolderTokens(Vocabulary vocabulary, TokenizerSettings settings, IReadOnlyList<AddedToken>? own = null, IReadOnlyList<string>? additional = null)
    {
        this.settings = settings;
        added = settings.Added(vocabulary, own ?? [], additional ?? []);
        idOf = SpecialTokensReader.Finder(added, vocabulary);
    }

    /// <summary>The id of the token with a role (<c>cls_token</c>); null where none is named or it is not there.</summary>
    public int? Role(string key) => settings.Token(key) is { } token && idOf(token) is >= 0 and var id ? id : null;

    /// <summary>As <see cref="Role"/>, as what is put beside a text: one id or none.</summary>
    public int[] Around(string key) => Role(key) is { } id ? [id] : [];

    /// <summary>As <see cref="Role"/>, where the tokenizer cannot do without.</summary>
    /// <exception cref="TokenizerException">There is none.</exception>
    public int Demand(string key) => Role(key) ?? throw settings.Error(key, "is missing, and this tokenizer puts it around texts");

    /// <summary>The parts with these tokens and their roles.</summary>
    public TokenizerParts Complete(TokenizerParts parts) => SpecialTokensReader.WithRoles(parts with { AddedTokens = added }, idOf, settings);
}
