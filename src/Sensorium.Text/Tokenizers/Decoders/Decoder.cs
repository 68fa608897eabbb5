using System.Text;

namespace Sensorium.Text.Tokenizers.Decoders;

/// <summary>Takes what a decoding step gives: stretches of text, each with whether it begins and ends a token.</summary>
internal interface ITextSink
{
    /// <summary>A stretch; a token may come in several.</summary>
    void Text(string text, bool begins, bool ends);

    /// <summary>Nothing more comes.</summary>
    void Finish();
}

/// <summary>A decoder step: a fresh one of these stands in every chain of every decoding, so that whole and streaming decoding are the same code.</summary>
internal abstract class Decoder
{
    /// <summary>A step that feeds the next one.</summary>
    public abstract ITextSink Start(ITextSink next);
}

/// <summary>Several steps in turn.</summary>
internal sealed class SequenceDecoder(Decoder[] steps) : Decoder
{
    public override ITextSink Start(ITextSink next)
    {
        for (int i = steps.Length - 1; i >= 0; i--) next = steps[i].Start(next);
        return next;
    }
}

/// <summary>The end of a chain: text that is safe to show.</summary>
internal sealed class OutputSink : ITextSink
{
    readonly StringBuilder builder = new();

    public void Text(string text, bool begins, bool ends) => builder.Append(text);

    public void Finish()
    {
    }

    public string Take()
    {
        if (builder.Length == 0) return "";
        string text = builder.ToString();
        builder.Clear();
        return text;
    }
}

/// <summary>A step that looks at whole tokens: stretches of one are collected until it ends.</summary>
internal abstract class TokenSink(ITextSink next) : ITextSink
{
    StringBuilder? open;

    protected ITextSink Next => next;

    /// <summary>Number of tokens before the one at hand.</summary>
    protected int Index { get; private set; }

    public void Text(string text, bool begins, bool ends)
    {
        if (open is null && begins && ends)
        {
            Token(text);
            Index++;
            return;
        }
        (open ??= new()).Append(text);
        if (!ends) return;
        string whole = open.ToString();
        open = null;
        Token(whole);
        Index++;
    }

    public void Finish()
    {
        End();
        next.Finish();
    }

    protected abstract void Token(string token);

    protected virtual void End()
    {
    }
}

/// <summary>A step that turns each token into another by a function of the token and its index.</summary>
internal sealed class MapDecoder(Func<string, int, string> map) : Decoder
{
    public override ITextSink Start(ITextSink next) => new Sink(map, next);

    sealed class Sink(Func<string, int, string> map, ITextSink next) : TokenSink(next)
    {
        protected override void Token(string token) => Next.Text(map(token, Index), true, true);
    }
}

/// <summary>All tokens become one.</summary>
internal sealed class FuseDecoder : Decoder
{
    public override ITextSink Start(ITextSink next) => new Sink(next);

    sealed class Sink(ITextSink next) : ITextSink
    {
        bool begun;

        public void Text(string text, bool begins, bool ends)
        {
            next.Text(text, !begun, false);
            begun = true;
        }

        public void Finish()
        {
            next.Text("", !begun, true);
            next.Finish();
        }
    }
}

/// <summary>A space between tokens: what decoding is without a decoder.</summary>
internal sealed class SpacedDecoder : Decoder
{
    public override ITextSink Start(ITextSink next) => new MapDecoder((token, i) => i == 0 ? token : " " + token).Start(next);
}
