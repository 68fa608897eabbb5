using System.Buffers;
using System.Text;

namespace Sensorium.Text.Tokenizers.Decoders;

/// <summary>SentencePiece's decoding: visible spaces to spaces, the one that encoding put first left out, control pieces silent, byte pieces to UTF-8 (U+FFFD for each byte that is none).</summary>
internal sealed class SentencePieceDecoder(HashSet<string> control, string? unknown, string unknownSurface, bool dropFirstSpace, bool dropAllFirstSpaces, bool bytes) : Decoder
{
    public override ITextSink Start(ITextSink next) => new Sink(this, next);

    sealed class Sink(SentencePieceDecoder owner, ITextSink next) : TokenSink(next)
    {
        readonly List<byte> pending = [];
        bool begun;
        bool firstSpaceSeen;

        protected override void Token(string token)
        {
            if (owner.IsByte(token, out byte b))
            {
                pending.Add(b);
                DecodePending(false);
                return;
            }
            DecodePending(true);
            if (owner.IsControl(token)) return;
            if (owner.IsUnknown(token))
            {
                Put(owner.Surface);
                return;
            }
            bool first = !begun && !firstSpaceSeen;
            if (first && owner.DropFirstSpace && token.StartsWith('\u2581'))
            {
                token = token[1..];
                // With extra spaces removed, every leading one goes.
                firstSpaceSeen = !owner.DropAllFirstSpaces;
            }
            Put(token.Replace('\u2581', ' '));
        }

        protected override void End() => DecodePending(true);

        void Put(string text)
        {
            if (text.Length == 0) return;
            begun = true;
            Next.Text(text, true, true);
        }

        void DecodePending(bool all)
        {
            while (pending.Count > 0)
            {
                byte[] data = [.. pending];
                var status = Rune.DecodeFromUtf8(data, out var rune, out int used);
                if (status == OperationStatus.NeedMoreData && !all) return;
                if (status == OperationStatus.Done)
                {
                    pending.RemoveRange(0, used);
                    Put(rune.ToString());
                }
                else
                {
                    pending.RemoveAt(0);
                    Put("\uFFFD");
                }
            }
        }
    }

    string Surface => unknownSurface;

    bool DropFirstSpace => dropFirstSpace;

    bool DropAllFirstSpaces => dropAllFirstSpaces;

    bool IsControl(string token) => control.Contains(token);

    bool IsUnknown(string token) => string.Equals(token, unknown, StringComparison.Ordinal);

    bool IsByte(string token, out byte b)
    {
        int value = bytes ? ByteFallbackDecoder.ByteOf(token) : -1;
        b = (byte)value;
        return value >= 0;
    }
}
