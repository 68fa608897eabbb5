namespace Sensorium.Cli.Commands;

/// <summary><c>tokenizer</c>: what is done to tokenizers themselves.</summary>
sealed class TokenizerCommand : Verb
{
    public override string Name => "tokenizer";

    public override string Description => "Make tokenizers: train.";

    public override IReadOnlyList<Verb> Parts { get; } = [new TokenizerTrainCommand()];

    public override IReadOnlyList<string> Examples => Parts[0].Examples;
}
